"""The kinds of nodes that pods may run on: each instance type of each pool, and the managed node group.

Labels: well-known ones that Karpenter gives its nodes (karpenter-provider-aws v1.15.1,
pkg/providers/instancetype/types.go), those of the pool's template, and those of the managed node group.
"""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from charts_src.lib.accelerators import EFA, EFA_LABEL, NVIDIA_GPU, SHARING_LABEL
from charts_src.lib.capacity import allocatable
from charts_src.lib.cluster_nodes import CLUSTER_NODE_LABELS, CLUSTER_NODE_TAINT
from charts_src.lib.instances import InstanceType, instance
from charts_src.lib.quantities import amount, mebibytes
from charts_src.model import Environment
from charts_src.objects import Body
from charts_src.proofs.tree import Objects

SYSTEM_GROUP = "system node group"
"""Name of the managed node group, which no node pool can have."""

Amounts = dict[str, int]
"""Resource -> amount; cpu in millicores, memory and ephemeral-storage in MiB, others in numbers."""


class Pool(NamedTuple):
    """A node pool or node group, as far as the number of its nodes goes."""

    name: str
    limits: Amounts
    """Most of each resource over all nodes; `nodes` is their number."""


class Node(NamedTuple):
    """A kind of node: one instance type of one pool."""

    pool: Pool
    instance_type: str
    labels: dict[str, frozenset[str]]
    """Label -> the values that a node of this kind may have."""
    taints: tuple[Body, ...]
    capacity: Amounts
    """What pods may ask for, system reserves taken off."""

    def __str__(self) -> str:
        """Name the kind by pool and instance type."""
        return f"{self.pool.name} ({self.instance_type})"


def nodes_of(objects: Objects, env: Environment) -> list[Node]:
    """Give every kind of node that an environment may have."""
    classes = {body["metadata"]["name"]: body for body in objects.values() if body["kind"] == "EC2NodeClass"}
    pools = [body for body in objects.values() if body["kind"] == "NodePool"]
    overlays = [body["spec"] for body in objects.values() if body["kind"] == "NodeOverlay"]
    nodes = [*_system(env), *(node for pool in pools for node in _karpenter(pool, classes))]
    return [_overlaid(node, overlays) for node in nodes]


def _system(env: Environment) -> Iterator[Node]:
    group = env.cluster.system_nodes
    limits = {"nodes": group.max_size}
    labels = {key: frozenset({value}) for key, value in CLUSTER_NODE_LABELS.items()}
    zones = {"topology.kubernetes.io/zone": frozenset(env.aws.zones)}
    for name in group.instance_types:
        known = labels | zones | _of_type(instance(name))
        capacity = allocatable(instance(name))
        yield Node(Pool(SYSTEM_GROUP, limits), name, known, (CLUSTER_NODE_TAINT,), capacity)


def _karpenter(pool: Body, classes: dict[str, Body]) -> Iterator[Node]:
    spec, template = pool["spec"], pool["spec"]["template"]
    node_class = classes[template["spec"]["nodeClassRef"]["name"]]["spec"]
    required = {
        each["key"]: frozenset(each["values"])
        for each in template["spec"]["requirements"]
        if each["operator"] == "In"
    }
    own = {key: frozenset({value}) for key, value in template["metadata"]["labels"].items()}
    name = pool["metadata"]["name"]
    limits = {key: _limit(key, value) for key, value in spec.get("limits", {}).items()}
    for type_name in sorted(required["node.kubernetes.io/instance-type"]):
        facts = instance(type_name)
        labels = required | own | {"karpenter.sh/nodepool": frozenset({name})} | _of_type(facts)
        efa = own.get(EFA_LABEL) == frozenset({"true"})
        capacity = allocatable(facts, efa=efa, disk_bytes=_disk(node_class, facts))
        if not efa:
            capacity.pop(EFA, None)
        yield Node(Pool(name, limits), type_name, labels, tuple(template["spec"].get("taints", ())), capacity)


def _overlaid(node: Node, overlays: Iterable[Body]) -> Node:
    """Add what NodeOverlays say of the kind, and take off whole GPUs where pods share them."""
    capacity = dict(node.capacity)
    if SHARING_LABEL in node.labels:
        capacity.pop(NVIDIA_GPU, None)
    for overlay in overlays:
        required = {each["key"]: frozenset(each["values"]) for each in overlay["requirements"]}
        if all(node.labels.get(key, frozenset()) & values for key, values in required.items()):
            capacity |= {key: _number(key, value) for key, value in overlay.get("capacity", {}).items()}
    return node._replace(capacity=capacity)


def _number(resource: str, quantity: str) -> int:
    return mebibytes(quantity) if resource.startswith("hugepages-") else int(amount(quantity))


def _disk(node_class: Body, facts: InstanceType) -> int:
    if node_class.get("instanceStorePolicy") == "RAID0" and facts.nvme_gb:
        return facts.nvme_gb * 10**9
    root = next(each for each in node_class["blockDeviceMappings"] if each.get("rootVolume"))
    return int(amount(root["ebs"]["volumeSize"]))


def _of_type(facts: InstanceType) -> dict[str, frozenset[str]]:
    labels = {
        "kubernetes.io/arch": "amd64",
        "kubernetes.io/os": "linux",
        "node.kubernetes.io/instance-type": facts.name,
        "karpenter.k8s.aws/instance-family": facts.name.partition(".")[0],
        "karpenter.k8s.aws/instance-size": facts.name.partition(".")[2],
        "karpenter.k8s.aws/instance-cpu": str(facts.vcpus),
    }
    if facts.gpus:
        labels |= {
            "karpenter.k8s.aws/instance-gpu-manufacturer": "nvidia",
            "karpenter.k8s.aws/instance-gpu-count": str(facts.gpus),
        }
    if facts.neuron_devices:
        labels |= {
            "karpenter.k8s.aws/instance-accelerator-manufacturer": "aws",
            "karpenter.k8s.aws/instance-accelerator-count": str(facts.neuron_devices),
        }
    return {key: frozenset({value}) for key, value in labels.items()}


def _limit(resource: str, quantity: str) -> int:
    factor = {"cpu": 1000, "memory": 1 / 1024**2}.get(resource, 1)
    return int(amount(quantity) * 1000) if resource == "cpu" else int(float(amount(quantity)) * factor)
