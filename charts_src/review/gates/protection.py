"""What no longer keeps objects, or their data, from deletion.

Policies and their defaults: Kubernetes v1.34.4, api/core/v1/types.go, api/storage/v1/types.go and
api/apps/v1/types.go; External Secrets' deletionPolicy: its ExternalSecret API.
"""

import re
from collections.abc import Iterator
from typing import Any, Final

from charts_src.diff.compare import Change
from charts_src.diff.fields import MISSING
from charts_src.objects import Body, Identity
from charts_src.review.finding import Finding
from charts_src.review.gates.deletion import LOST, SYNC_OPTIONS, keeps
from charts_src.review.sides import Pair

_GATE = "deletion"

_VERSION: Final = re.compile(r"spec\.versions\[name=([^\]]+)\](?:\.served)?")


def gate(pair: Pair) -> Iterator[Finding]:
    """Find objects that lose an option, a policy or a version by which they, or their data, stay."""
    for change in pair.changes:
        if change.status == "changed":
            yield from _unprotected(change, pair.old.body(change.identity), pair.new.body(change.identity))


def _unprotected(change: Change, old: Body, new: Body) -> Iterator[Finding]:
    for option in ("Prune=false", "Delete=false"):
        if keeps(old, option) and not keeps(new, option):
            path = f'metadata.annotations["{SYNC_OPTIONS}"]'
            loss = LOST.get(change.identity.kind, "it is deleted")
            message = f"loses {option}: with the next removal {loss}; keep the option"
            yield Finding(_GATE, change.identity, path, message)
    yield from _reclaimed(change.identity, old, new)
    yield from _versions(change)
    if change.identity.kind == "Application":
        yield from _emptiable(change.identity, old, new)


def _versions(change: Change) -> Iterator[Finding]:
    """Find versions that a definition loses or no longer serves."""
    for field in change.fields:
        if (version := _VERSION.fullmatch(field.path)) and field.new in (MISSING, False):
            words = "objects of that version can't be read or written; convert them first"
            message = f"no longer has {version[1]}: {words}"
            yield Finding(_GATE, change.identity, field.path, message)


def _reclaimed(identity: Identity, old: Body, new: Body) -> Iterator[Finding]:
    for path in _RECLAIM:
        before, after = _at(old, path), _at(new, path)
        safe = before == "Retain" or (before is None and path[-1] in ("whenDeleted", "whenScaled"))
        if safe and after != before and after != "Retain":
            message = f"goes from Retain to {after or 'Delete'}: data goes with its claim; keep Retain"
            yield Finding(_GATE, identity, ".".join(path), message)


_RECLAIM: Final = (
    ("reclaimPolicy",),
    ("spec", "persistentVolumeReclaimPolicy"),
    ("spec", "deletionPolicy"),
    ("spec", "target", "deletionPolicy"),
    ("spec", "persistentVolumeClaimRetentionPolicy", "whenDeleted"),
    ("spec", "persistentVolumeClaimRetentionPolicy", "whenScaled"),
)
"""Fields that say what becomes of data when its object goes."""


def _emptiable(identity: Identity, old: Body, new: Body) -> Iterator[Finding]:
    path = ("spec", "syncPolicy", "automated", "allowEmpty")
    if _at(new, path) is True and _at(old, path) is not True:
        message = "lets Argo CD delete every object when its folder is empty by mistake; leave it false"
        yield Finding(_GATE, identity, ".".join(path), message)


def _at(body: Body, path: tuple[str, ...]) -> Any:
    value: Any = body
    for key in path:
        value = value.get(key) if isinstance(value, dict) else None
    return value
