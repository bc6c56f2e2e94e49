"""Simulated nodes: those of each pool of an environment, of the largest instance type that the pool allows.

Labels, taints and capacity are those that the proof of placement counts with (charts_src/proofs/nodes.py).
A node has no startup taints: it is one whose agents have done their work.
"""

from collections.abc import Mapping, Sequence
from itertools import groupby

from charts_src import config, state
from charts_src.lib.instances import offered
from charts_src.objects import Body
from charts_src.proofs.nodes import Node, nodes_of
from tools.cluster.tree import rendered_objects

_CAPACITY_TYPE = "karpenter.sh/capacity-type"
_ZONE = "topology.kubernetes.io/zone"
_MIB = ("memory", "ephemeral-storage")


def node(name: str, labels: Mapping[str, str], taints: Sequence[Body], capacity: Mapping[str, str]) -> Body:
    """Give a Node; `capacity` is what pods can have, as Kubernetes writes amounts."""
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {"name": name, "labels": {**labels, "kubernetes.io/hostname": name}},
        "spec": {"taints": list(taints)},
        "status": {"capacity": dict(capacity), "allocatable": dict(capacity)},
    }


def environment_nodes(env: str, most: int = 1, system: int = 0) -> list[Body]:
    """Give the nodes that each pool and the managed node group may have, but at most `most` of each.

    Of the pool `system`, which most pods share, `system` if that is more. Each has 254 pod addresses. Where a
    pool has several ways to buy, such as Spot and On-Demand, its nodes take turns.

    Raises UserError for a problem in the environment, or when it is not rendered.
    """
    described = config.load(env, state.ENVIRONMENTS)
    kinds = sorted(nodes_of(rendered_objects(env), described), key=lambda kind: kind.pool.name)
    pools = [list(group) for _, group in groupby(kinds, key=lambda kind: kind.pool.name)]
    largest = [max(pool, key=_size) for pool in pools]
    wanted = {"system": max(most, system)}
    found = [
        _node(kind, described.aws.region, copy)
        for kind in largest
        for copy in range(min(wanted.get(kind.pool.name, most), kind.pool.limits["nodes"]))
    ]
    for index, body in enumerate(found):
        body["spec"]["podCIDR"] = f"100.64.{index}.0/24"
    return found


def _size(kind: Node) -> tuple[int, int, int, str]:
    """Compare kinds by accelerators, CPUs and memory."""
    plain = ("cpu", "memory", "ephemeral-storage", "pods")
    accelerators = sum(count for key, count in kind.capacity.items() if key not in plain)
    return accelerators, kind.capacity["cpu"], kind.capacity["memory"], kind.instance_type


def _node(kind: Node, region: str, copy: int) -> Body:
    labels = {key: min(values) for key, values in kind.labels.items()}
    ways = sorted(kind.labels.get(_CAPACITY_TYPE, ()))
    labels |= {_CAPACITY_TYPE: ways[copy % len(ways)]} if ways else {}
    # Of the zones that the pool may use, one that has the type.
    zones = kind.labels[_ZONE] & set(offered(kind.instance_type, region))
    labels |= {_ZONE: min(zones or kind.labels[_ZONE]), "topology.kubernetes.io/region": region}
    capacity = {key: _amount(key, value) for key, value in kind.capacity.items()}
    return node(f"{kind.pool.name.replace(' ', '-')}-{copy}", labels, kind.taints, capacity)


def _amount(resource: str, number: int) -> str:
    if resource == "cpu":
        return f"{number}m"
    return f"{number}Mi" if resource in _MIB or resource.startswith("hugepages-") else str(number)
