"""What every report says of the changes: how many, in which component, to which object."""

from collections import Counter
from itertools import groupby
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from charts_src.diff.compare import Change, Status
    from charts_src.objects import Identity

STATUSES: Final[tuple["Status", ...]] = ("changed", "added", "removed")

SIGNS: Final[dict["Status", str]] = {"changed": "~", "added": "+", "removed": "-"}
"""What stands before an object, so that nobody needs colours to tell them apart."""


def counts(changes: "Sequence[Change]") -> str:
    """Count the objects by status: `2 changed, 1 added, 0 removed`."""
    number = Counter(change.status for change in changes)
    return ", ".join(f"{number[status]} {status}" for status in STATUSES)


def by_component(changes: "Sequence[Change]") -> "Iterator[tuple[str, list[Change]]]":
    """Group changes, which compare() has sorted, by component."""
    for component, group in groupby(changes, key=lambda change: change.component):
        yield component, list(group)


def title(identity: "Identity") -> str:
    """Name an object as kubectl does: `NodePool.karpenter.sh gpu`, `ConfigMap ray/settings`."""
    kind = f"{identity.kind}.{identity.group}" if identity.group else identity.kind
    return f"{kind} {identity.namespace}/{identity.name}" if identity.namespace else f"{kind} {identity.name}"
