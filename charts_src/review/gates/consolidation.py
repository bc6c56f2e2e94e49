"""Nodes that Karpenter may take from under pods that can't be started anew elsewhere without loss.

Source: karpenter v1.15.0. Budgets: pkg/apis/v1/nodepool.go (a missing list is 10% for every reason).
do-not-disrupt holds up consolidation, and drift for as long as the pool's terminationGracePeriod
(pkg/controllers/disruption/types.go); expiry ends in a drain whatever a budget says.
"""

from collections.abc import Iterator
from typing import Any, Final

from charts_src.diff.compare import Change
from charts_src.lib.accelerators import PURPOSE_LABEL
from charts_src.objects import Body, Identity
from charts_src.proofs.disruption import KEEP
from charts_src.proofs.fitting import obstacles
from charts_src.proofs.nodes import Node, nodes_of
from charts_src.proofs.pods import Pod, all_pods
from charts_src.review.finding import Finding
from charts_src.review.gates.leaves import leaves
from charts_src.review.gates.places import by_names
from charts_src.review.sides import Pair

_GATE = "consolidation"
_VOLUNTARY: Final = ("Drifted", "Underutilized")
"""Reasons for which Karpenter takes a node that works and has pods."""

LASTING: Final = (
    "CronWorkflow",
    "MPIJob",
    "RayCluster",
    "RayJob",
    "ScheduledSparkApplication",
    "SparkApplication",
    "Workflow",
    "WorkflowTemplate",
)
"""Kinds whose pods lose their work when they are moved. Spark's executors hand theirs on."""


def gate(pair: Pair) -> Iterator[Finding]:
    """Find pools of the new side that disrupt such pods, and pods that lose what protects them."""
    for change in pair.changes:
        yield from _unprotected(change)
    env = pair.new.env
    if env is None:
        return
    objects = pair.new.bodies()
    pools = {
        identity.name: (identity, body) for identity, body in objects.items() if identity.kind == "NodePool"
    }
    for identity, body in pools.values():
        yield from _training(identity, body)
    nodes = nodes_of(objects, env)
    for pod in all_pods(objects.values()):
        if pod.gang or (pod.owner.kind in LASTING and not _executor(pod)):
            for name in sorted({node.pool.name for node in nodes if _may_land(pod, node)} & pools.keys()):
                for message in _disrupted(pod, pools[name][1]):
                    yield Finding(_GATE, pod.owner, by_names(objects[pod.owner], pod.path), message)


def _unprotected(change: Change) -> Iterator[Finding]:
    for leaf in leaves(change) if change.status == "changed" else ():
        if KEEP in leaf.path and leaf.old == "true" and "annotations" in leaf.within:
            message = "is gone: Karpenter may move the pod, and its work is lost; keep it"
            yield Finding(_GATE, change.identity, leaf.path, message)


def _training(identity: Identity, body: Body) -> Iterator[Finding]:
    """Demand of a pool for training what keeps its nodes under a running job."""
    spec = body["spec"]
    if spec["template"]["metadata"].get("labels", {}).get(PURPOSE_LABEL) != "training":
        return
    for reason in _VOLUNTARY:
        if _budget(spec, reason):
            message = f"lets Karpenter take nodes of training for being {reason}; give that a budget of 0"
            yield Finding(_GATE, identity, "spec.disruption", message)
    if spec["template"]["spec"].get("expireAfter", "720h") != "Never":
        message = "ends nodes of training whatever runs there; write Never"
        yield Finding(_GATE, identity, "spec.template.spec.expireAfter", message)


def _disrupted(pod: Pod, pool: Body) -> Iterator[str]:
    reasons = [each for each in _VOLUNTARY if _budget(pool["spec"], each)]
    if reasons and pod.annotations.get(KEEP) != "true":
        nodes = f"nodes of {pool['metadata']['name']} ({', '.join(reasons)})"
        yield f"may be moved by Karpenter off {nodes}; annotate it {KEEP}: 'true'"


def _budget(spec: Body, reason: str) -> bool:
    """Say whether a pool may lose nodes with pods on them for a reason, at some time."""
    disruption = spec.get("disruption") or {}
    if reason == "Underutilized" and disruption.get("consolidationPolicy") == "WhenEmpty":
        return False
    budgets = disruption.get("budgets") or [{"nodes": "10%"}]
    applying = [each for each in budgets if reason in (each.get("reasons") or (reason,))]
    always = [each for each in applying if "schedule" not in each]
    return not any(_none(each.get("nodes", "10%")) for each in always)


def _none(nodes: Any) -> bool:
    return str(nodes) in ("0", "0%")


def _executor(pod: Pod) -> bool:
    return pod.labels.get("spark-role") == "executor"


def _may_land(pod: Pod, node: Node) -> bool:
    return not any(obstacles(pod.spec, node, {}))
