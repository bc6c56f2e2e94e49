"""What a change brings to zero or stops: copies, queues, schedules, pools, and what keeps copies up."""

from collections.abc import Iterator
from typing import Any, Final

from charts_src.diff.compare import Change
from charts_src.diff.fields import MISSING
from charts_src.objects import Body, Identity
from charts_src.review.finding import Finding
from charts_src.review.gates.leaves import Leaf, leaves
from charts_src.review.sides import Pair

_GATE = "replicas"

_COUNTS: Final = frozenset(
    {
        "initialReplicas",
        "initial_replicas",
        "instances",
        "maxExecutors",
        "maxReplicas",
        "max_replicas",
        "minExecutors",
        "minReplicas",
        "min_replicas",
        "numOfHosts",
        "num_replicas",
        "parallelism",
        "replicas",
        "shards",
    }
)
"""Fields that say how many of something run: Kubernetes, KubeRay, Ray Serve, Spark, Prometheus."""

_STOPS: Final = {
    "paused": (True, "is not rolled out any more"),
    "stopPolicy": (("Hold", "HoldAndDrain"), "lets no more jobs in"),
    "suspend": (True, "is not started any more"),
}
"""Field -> value, or values, that stop something, and what that means."""

_GROUP_LISTS = ("workerGroupSpecs[", "mpiReplicaSpecs.")


def gate(pair: Pair) -> Iterator[Finding]:
    """Find what runs before the change and does not, or may be stopped, after it."""
    for change in pair.changes:
        if change.identity.kind == "PodDisruptionBudget":
            yield from _budget(pair, change)
        elif change.status == "removed" and change.identity.kind == "HorizontalPodAutoscaler":
            yield Finding(_GATE, change.identity, "", "removed: copies stay as few as they are; set replicas")
        elif change.status == "changed":
            yield from _changed(change)


def _changed(change: Change) -> Iterator[Finding]:
    for field in change.fields:
        name = field.path.rpartition("].")[0] or field.path
        if field.new is MISSING and field.path == name and any(each in field.path for each in _GROUP_LISTS):
            message = "is removed: its pods are deleted; sign it off if nothing runs there"
            yield Finding(_GATE, change.identity, field.path, message)
    for leaf in leaves(change):
        if message := _stopped(leaf) or _zeroed(change.identity, leaf):
            yield Finding(_GATE, change.identity, leaf.path, message)


def _stopped(leaf: Leaf) -> str:
    values, words = _STOPS.get(leaf.key, ((), ""))
    stopping = values if isinstance(values, tuple) else (values,)
    if leaf.new in stopping and leaf.old not in stopping:
        return f"is {leaf.new}: it {words}; sign it off if that is meant"
    return ""


def _zeroed(identity: Identity, leaf: Leaf) -> str:
    counted = leaf.key in _COUNTS or _is_quota(identity, leaf)
    if not counted or not _positive(leaf.old):
        return ""
    if _is_zero(leaf.new):
        return f"goes from {leaf.old} to {leaf.new}: nothing runs by it any more; keep at least 1"
    if leaf.new is MISSING:
        return _dropped(leaf)
    return ""


def _dropped(leaf: Leaf) -> str:
    if leaf.key == "nominalQuota":
        return f"was {leaf.old} and is gone: jobs that ask for it wait forever; keep it"
    if leaf.within == leaf.path and leaf.key in ("minReplicas", "min_replicas"):
        return f"was {leaf.old} and is gone: nothing may run by it any more; keep it"
    if leaf.within == leaf.path and leaf.key == "replicas" and str(leaf.old) != "1":
        return f"was {leaf.old} and is gone: one copy is left; keep it"
    return ""


def _is_quota(identity: Identity, leaf: Leaf) -> bool:
    """Say whether a field bounds what may run: limits of a node pool, quotas of a queue or a namespace."""
    pool = identity.kind == "NodePool" and leaf.path.startswith("spec.limits")
    quota = identity.kind == "ResourceQuota" and leaf.path.startswith("spec.hard")
    return pool or quota or leaf.key == "nominalQuota"


def _is_zero(value: Any) -> bool:
    return not isinstance(value, bool) and str(value).strip().rstrip("KMGTPEkmi") in ("0", "0.0")


def _positive(value: Any) -> bool:
    return isinstance(value, (int, float, str)) and not isinstance(value, bool) and not _is_zero(value)


_TRIED: Final = (1, 2, 3, 10, 100)
"""Numbers of copies by which two budgets are compared, as one may count and the other be a share."""


def _budget(pair: Pair, change: Change) -> Iterator[Finding]:
    """Compare how many pods may be evicted at once."""
    if change.status == "added":
        return
    old = pair.old.body(change.identity).get("spec") or {}
    if change.status == "removed":
        if _selects_pods(pair, change.identity, old):
            message = (
                "removed: all pods that it holds up may be evicted at once; bring it back, or sign it off"
            )
            yield Finding(_GATE, change.identity, "", message)
        return
    new = pair.new.body(change.identity).get("spec") or {}
    if any(_evictable(new, copies) > _evictable(old, copies) for copies in _TRIED):
        message = f"lets more pods be evicted at once: {_shown(new)}, was {_shown(old)}; keep it"
        yield Finding(_GATE, change.identity, "spec", message)
    elif old.get("selector") != new.get("selector"):
        yield Finding(_GATE, change.identity, "spec.selector", "holds up other pods than before; check both")


def _selects_pods(pair: Pair, identity: Identity, spec: Body) -> bool:
    """Say whether what a budget selects is still there: a workload, by the labels of its pods."""
    labels = (spec.get("selector") or {}).get("matchLabels") or {}
    bodies = (each.body for key, each in pair.new.objects.items() if key.namespace == identity.namespace)
    return any(
        _has_labels(body, labels) for body in bodies if body["kind"] not in ("NetworkPolicy", "Service")
    )


def _has_labels(value: Any, labels: dict[str, str]) -> bool:
    if isinstance(value, dict):
        own = value.get("labels")
        if isinstance(own, dict) and "spec" not in own and labels.items() <= own.items():
            return True
        return any(_has_labels(each, labels) for each in value.values())
    return isinstance(value, list) and any(_has_labels(each, labels) for each in value)


def _evictable(spec: Body, copies: int) -> int:
    """Count the pods of so many that a budget lets go at once.

    Shares are rounded up (Kubernetes v1.34.4, pkg/controller/disruption/disruption.go).
    """
    if "minAvailable" in spec:
        return max(copies - _share(spec["minAvailable"], copies), 0)
    if "maxUnavailable" in spec:
        return min(_share(spec["maxUnavailable"], copies), copies)
    return copies


def _share(value: Any, copies: int) -> int:
    text = str(value)
    if text.endswith("%") and text[:-1].isdigit():
        return -(-copies * int(text[:-1]) // 100)
    return int(text) if text.isdigit() else 0


def _shown(spec: Body) -> str:
    found = [f"{key} {spec[key]}" for key in ("minAvailable", "maxUnavailable") if key in spec]
    return ", ".join(found) or "no number"
