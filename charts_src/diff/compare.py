"""The objects that two trees of files do not have in common."""

from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Literal

from charts_src.diff.fields import FieldChange, field_changes
from charts_src.diff.parse import Located, parse
from charts_src.objects import NOT_OBJECTS

if TYPE_CHECKING:
    from charts_src.objects import Identity
    from charts_src.publish import Files

Status = Literal["changed", "added", "removed"]


@dataclass(frozen=True)
class Change:
    """One object that differs; only a changed one has fields, an added or removed one speaks as a whole."""

    identity: "Identity"
    component: str
    status: Status
    fields: tuple[FieldChange, ...] = ()


def compare(old: "Files", new: "Files") -> list[Change]:
    """Give the objects that differ, by component, kind, namespace and name.

    Objects are matched by group, kind, namespace and name, wherever they stand; a file that is the same
    on both sides is not even parsed. An object that goes to another component changes its "(component)":
    another Argo CD application owns it from then on. Raises UserError for a file that holds anything but
    Kubernetes objects; those named in NOT_OBJECTS are skipped.
    """
    paths = [path for path in {**old, **new} if _differs(path, old, new)]
    before = parse({path: old[path] for path in paths if path in old})
    after = parse({path: new[path] for path in paths if path in new})
    changes = (
        _change(identity, before.get(identity), after.get(identity)) for identity in {**before, **after}
    )
    return sorted((change for change in changes if change), key=_order)


def _differs(path: str, old: "Files", new: "Files") -> bool:
    return PurePosixPath(path).name not in NOT_OBJECTS and old.get(path) != new.get(path)


def _order(change: Change) -> tuple[str, ...]:
    identity = change.identity
    return (change.component, identity.kind, identity.namespace, identity.name, identity.group)


def _change(identity: "Identity", old: Located | None, new: Located | None) -> Change | None:
    if old and new:
        fields = (*_moved(old, new), *field_changes(old.body, new.body))
        return Change(identity, new.component, "changed", fields) if fields else None
    if new:
        return Change(identity, new.component, "added")
    return Change(identity, old.component, "removed") if old else None


def _moved(old: Located, new: Located) -> tuple[FieldChange, ...]:
    if old.component == new.component:
        return ()
    return (FieldChange("(component)", old.component, new.component),)
