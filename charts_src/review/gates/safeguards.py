"""What protected a program or its data and is gone, where nothing else says why.

A field that is left out is not an error: the API server, or a controller, puts its default there, silently.
"""

from collections.abc import Iterator
from typing import Final

from charts_src.diff.compare import Change
from charts_src.diff.fields import MISSING, FieldChange
from charts_src.lib.known_keys import KNOWN, NOBODY
from charts_src.proofs.disruption import KEEP
from charts_src.review.finding import Finding
from charts_src.review.gates.consolidation import LASTING
from charts_src.review.gates.leaves import last
from charts_src.review.sides import Pair

_GATE = "safeguards"

_LOST: Final = {
    "activeDeadlineSeconds": "it may run, and cost, for ever",
    "affinity": "its pods may land on any node that has room, all on one",
    "backoffLimit": "it is tried again as often as the default says",
    "concurrencyPolicy": "a run may start while the last one is still there",
    "consolidateAfter": "nodes are consolidated at once",
    "encrypted": "what pods write lies there unencrypted",
    "expireAfter": "nodes are replaced after 30 days, pods on them or not",
    "failurePolicy": "what the webhook is to stop may pass, or nothing, by default",
    "fsGroup": "the program may not write to its volumes",
    "httpTokens": "any request that a pod is tricked into may read the node's credentials",
    "lifecycle": "requests are cut off when it stops",
    "livenessProbe": "nobody restarts it when it hangs",
    "minAvailable": "all its pods may be evicted at once",
    "mountOptions": "the volume is mounted by the driver's defaults",
    "nodeSelector": "its pods may land on any node",
    "preStop": "requests are cut off when it stops",
    "preemptionPolicy": "it may push out other pods",
    "priorityClassName": "it is evicted before others when a node is full",
    "readinessProbe": "it gets requests before it can answer",
    "schedulerName": "it gets devices that are not connected to each other",
    "seccompProfile": "it may make any system call",
    "sizeLimit": "it may fill the disk of its node",
    "startupProbe": "it is restarted while it still starts",
    "strategy": "all pods may be replaced as the default says",
    "terminationGracePeriodSeconds": "it is ended after 30 seconds, done or not",
    "timeoutSeconds": "callers wait as long as the default says",
    "tolerations": "its pods may not land on nodes with taints",
    "topologySpreadConstraints": "all its pods may land on one node or in one zone",
    "ttlSecondsAfterFinished": "finished objects stay for ever",
    "updateStrategy": "all pods may be replaced as the default says",
    "volumeMounts": "the program does not find its files",
}
"""Field -> what happens without it."""

_ITEMS: Final = {
    "args": "the program goes by its default",
    "command": "the program goes by its default",
    "egress": "what it let out is cut off",
    "env": "the program goes by its default",
    "from": "what it let in is cut off",
    "ingress": "what it let in is cut off",
    "ports": "nothing that names it reaches it",
    "startupTaints": "pods land before what removes it is ready",
    "taints": "pods land there that were kept off",
    "to": "what it let out is cut off",
    "tolerations": "its pods may not land on nodes with that taint",
    "topologySpreadConstraints": "all its pods may land on one node or in one zone",
    "volumeMounts": "the program does not find its files",
    "webhooks": "what it was to stop passes",
    "rules": "what it said is not said any more",
}
"""List -> what happens without one of its items."""

_WHOLE: Final = {"args": _ITEMS["args"], "command": _ITEMS["command"], "env": _ITEMS["env"]}
"""List that is gone as a whole -> what happens without it."""


def gate(pair: Pair) -> Iterator[Finding]:
    """Find protecting fields, arguments and variables that a change drops and puts nothing in the place of.

    Where the image of the same pod changes too, a program may have lost the argument; that is what a bump is.
    """
    for change in pair.changes:
        if change.status == "changed" and change.identity.kind != "CustomResourceDefinition":
            bumped = any(last(field.path) in ("image", "newTag") for field in change.fields)
            yield from _dropped(change, bumped=bumped)
            yield from _rolled_out(change)


def _dropped(change: Change, *, bumped: bool) -> Iterator[Finding]:
    came = [(_list_of(field.path), field.new) for field in change.fields if field.old is MISSING]
    for field in change.fields:
        if (_list_of(field.path), field.old) in came:
            continue  # it only has another place in its list
        if field.new is MISSING and (loss := _loss(field, change.identity.kind, bumped=bumped)):
            yield Finding(
                _GATE, change.identity, field.path, f"is gone: {loss}; bring it back, or sign it off"
            )


def _rolled_out(change: Change) -> Iterator[Finding]:
    """Find workloads of which more pods are away while they are replaced."""
    for field in change.fields:
        numbers = isinstance(field.old, int) and isinstance(field.new, int)
        if field.path.endswith("rollingUpdate.maxUnavailable") and numbers and field.new > field.old:
            message = f"goes from {field.old} to {field.new}: fewer pods answer while it rolls out; keep it"
            yield Finding(_GATE, change.identity, field.path, message)


def _list_of(path: str) -> str:
    return path[: path.rindex("[")] if path.endswith("]") else path


def _loss(field: FieldChange, kind: str, *, bumped: bool) -> str:
    name = last(field.path)
    if name in ("annotations", "labels"):
        return "; ".join(filter(None, (_unread(key, kind) for key in field.old)))
    if field.path.endswith("]") and not field.path.endswith('"]'):
        return "" if bumped else _ITEMS.get(name, "")
    return _LOST.get(name) or _unread(name, kind) or ("" if bumped else _WHOLE.get(name, ""))


def _unread(key: str, kind: str) -> str:
    """Name who misses a label or annotation, where gates/consolidation.py does not."""
    reader = KNOWN.get(key, "")
    told = not reader or reader.startswith(NOBODY) or (key == KEEP and kind in LASTING)
    return "" if told else f"{key} is not there for {reader}"
