"""Gangs on Spot: one node that EC2 takes back stops every pod of the job."""

from collections.abc import Iterator

from charts_src.model import Environment
from charts_src.proofs.fitting import obstacles
from charts_src.proofs.nodes import Node, nodes_of
from charts_src.proofs.pods import Pod, all_pods
from charts_src.review.finding import Finding
from charts_src.review.gates.places import by_names
from charts_src.review.sides import Pair

_GATE = "gangs"
_CAPACITY = "karpenter.sh/capacity-type"


def gate(pair: Pair) -> Iterator[Finding]:
    """Find gangs of the new side that may land on Spot nodes of a pool that is not declared interruptible."""
    env = pair.new.env
    if env is None:
        return
    objects = pair.new.bodies()
    nodes = nodes_of(objects, env)
    for pod in all_pods(objects.values()):
        pools = sorted({node.pool.name for node in nodes if pod.gang and lands_on_spot(pod, node)})
        for pool in pools:
            if not is_interruptible(env, pool):
                remedy = (
                    "take spot out of the pool's capacity, or write interruptible: true if every job in it "
                    "resumes from checkpoints"
                )
                message = (
                    f"may land on Spot nodes of {pool}, and one that goes stops all {pod.copies}; {remedy}"
                )
                yield Finding(_GATE, pod.owner, by_names(objects[pod.owner], pod.path), message)


def lands_on_spot(pod: Pod, node: Node) -> bool:
    """Say whether a pod may run on a Spot node of a kind; a pool that names no capacity type has it all."""
    if not _from_karpenter(node) or "spot" not in node.labels.get(_CAPACITY, {"spot"}):
        return False
    spot = node._replace(labels=node.labels | {_CAPACITY: frozenset({"spot"})})
    return not any(obstacles(pod.spec, spot, {}))


def is_interruptible(env: Environment, pool: str) -> bool:
    """Say whether an environment declares that all jobs of a pool resume from checkpoints."""
    settings = env.karpenter.node_pools.get(pool)
    return settings is not None and settings.interruptible


def _from_karpenter(node: Node) -> bool:
    return "karpenter.sh/nodepool" in node.labels
