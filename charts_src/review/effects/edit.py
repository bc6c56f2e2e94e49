"""One object before and after, and the fields in which it differs."""

from collections.abc import Iterator
from typing import Any, NamedTuple

from charts_src.diff.fields import FieldChange
from charts_src.objects import AWS_FOLDER, Body, Identity
from charts_src.review.sides import Pair

ORDER = " (order)"
"""End of the path of a list whose elements only moved."""


class Edit(NamedTuple):
    """A changed object."""

    subject: Identity
    component: str
    old: Body
    new: Body
    fields: tuple[FieldChange, ...]

    def paths(self, *fields: str, but: tuple[str, ...] = ()) -> tuple[str, ...]:
        """Give the paths of what differs in some fields, leaving out what is in others."""
        return tuple(
            change.path
            for change in self.fields
            if any(within(change.path, field) for field in fields)
            and not any(within(change.path, field) for field in but)
        )

    def spec(self, field: str, default: Any = None) -> Any:
        """Give a field of the new object's spec."""
        return self.new.get("spec", {}).get(field, default)


def edits(pair: Pair) -> Iterator[Edit]:
    """Give every object that both sides have and that differs, without those of the AWS side."""
    for change in pair.changes:
        if change.status == "changed" and change.component != AWS_FOLDER:
            old, new = (side.objects[change.identity].body for side in (pair.old, pair.new))
            yield Edit(change.identity, change.component, old, new, change.fields)


def within(path: str, field: str) -> bool:
    """Say whether the path of a change is a field or lies in it."""
    return path == field or (path.startswith(field) and path[len(field)] in ".[ ")


def value_at(body: Body, field: str) -> Any:
    """Give the value of a field such as `spec.managedBy`; None where it is not."""
    value: Any = body
    for name in field.split("."):
        value = value.get(name) if isinstance(value, dict) else None
    return value
