"""What a fact about fields that can't be changed looks like."""

from collections.abc import Callable
from typing import NamedTuple

from charts_src.diff.fields import MISSING, FieldChange
from charts_src.lib.quantities import amount
from charts_src.review.effects.edit import Edit, value_at

Condition = Callable[[Edit, str, FieldChange], bool]
"""(object, field of the rule, what differs in it) -> whether the change is refused."""


def always(edit: Edit, field: str, change: FieldChange) -> bool:  # noqa: ARG001
    """Refuse every change."""
    return True


class Rule(NamedTuple):
    """Fields of a kind that keep their value as long as the object is."""

    group: str
    kinds: tuple[str, ...]
    fields: tuple[str, ...]
    """Paths, as in FieldChange."""
    remedy: str
    """What to do; {sync}, {delete} and {name} stand for commands and the object's name."""
    source: str
    but: tuple[str, ...] = ()
    """What is inside of the fields and can be changed all the same."""
    when: Condition = always


def set_on_both_sides(edit: Edit, field: str, change: FieldChange) -> bool:  # noqa: ARG001
    """Refuse another value, but neither a new field nor a removed one: so transition rules of CEL work."""
    return value_at(edit.old, field) is not None and value_at(edit.new, field) is not None


def was_set(edit: Edit, field: str, change: FieldChange) -> bool:  # noqa: ARG001
    """Refuse to change what is set, not to set it."""
    return value_at(edit.old, field) is not None


def appears_or_goes(edit: Edit, field: str, change: FieldChange) -> bool:  # noqa: ARG001
    """Refuse to set or remove a field, not to change it."""
    return MISSING in (change.old, change.new)


def shrinks(edit: Edit, field: str, change: FieldChange) -> bool:  # noqa: ARG001
    """Refuse a smaller amount."""
    if MISSING in (change.old, change.new):
        return False
    return amount(change.new) < amount(change.old)
