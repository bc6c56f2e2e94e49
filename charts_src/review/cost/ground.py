"""The nodes that an environment may have, with what their daemons leave to other pods."""

from collections.abc import Iterable
from typing import NamedTuple

from charts_src.lib.accelerators import NEURON_DEVICE, NVIDIA_GPU
from charts_src.lib.instances import instance
from charts_src.model import Environment
from charts_src.objects import Body
from charts_src.proofs.nodes import SYSTEM_GROUP, Amounts, Node, nodes_of
from charts_src.proofs.placement import daemon_use
from charts_src.proofs.pods import Pod
from charts_src.proofs.tree import Objects
from charts_src.review.cost.rates import ON_DEMAND, PREFERRED

CAPACITY_LABEL = "karpenter.sh/capacity-type"


class Kind(NamedTuple):
    """One instance type of one pool."""

    node: Node
    used: Amounts
    """What the daemons of the node ask for."""
    weight: int
    """Rank of the pool among those that a pod may use; the highest is tried first."""
    always: int
    """Nodes of the pool that are there whether pods need them or not."""
    grows: bool
    """Whether nodes come when pods need them."""

    @property
    def pool(self) -> str:
        """Name of the pool."""
        return self.node.pool.name

    @property
    def name(self) -> str:
        """Instance type."""
        return self.node.instance_type

    @property
    def ways(self) -> tuple[str, ...]:
        """Ways to buy such a node, in the order in which Karpenter takes them."""
        allowed = self.node.labels.get(CAPACITY_LABEL, frozenset({ON_DEMAND}))
        return tuple(each for each in PREFERRED if each in allowed)

    @property
    def size(self) -> Amounts:
        """What one node takes of the limits of its pool."""
        facts = instance(self.name)
        return {
            "nodes": 1,
            "cpu": facts.vcpus * 1000,
            "memory": facts.memory_mib,
            NVIDIA_GPU: facts.gpus,
            NEURON_DEVICE: facts.neuron_devices,
        }

    @property
    def room(self) -> tuple[int, int, int, str]:
        """How much fits on it, as a number to compare kinds of a pool by."""
        size = self.size
        return size[NVIDIA_GPU] + size[NEURON_DEVICE], size["cpu"], size["memory"], self.name


def kinds_of(objects: Objects, env: Environment, pods: Iterable[Pod]) -> list[Kind]:
    """Give every kind of node, in the order in which Karpenter tries pools: by weight, then by name.

    Source of the order: OrderByWeight in pkg/utils/nodepool/nodepool.go of sigs.k8s.io/karpenter v1.15.0.
    """
    daemons = [pod for pod in pods if pod.daemon]
    specs = {
        body["metadata"]["name"]: body["spec"] for body in objects.values() if body["kind"] == "NodePool"
    }
    kinds = [_kind(node, daemons, specs, env) for node in nodes_of(objects, env)]
    return sorted(kinds, key=lambda kind: (kind.weight, kind.pool), reverse=True)


def _kind(node: Node, daemons: list[Pod], specs: dict[str, Body], env: Environment) -> Kind:
    used = daemon_use(daemons, node)
    if node.pool.name == SYSTEM_GROUP:
        return Kind(node, used, 0, env.cluster.system_nodes.desired_size, grows=False)
    spec = specs[node.pool.name]
    always = spec.get("replicas", 0)
    return Kind(node, used, spec.get("weight", 0), always, grows=not always)
