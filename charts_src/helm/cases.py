"""What experiments gave at one place of the objects, and which fields changed it."""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from charts_src.helm.fields import MISSING, Where, lookup, plain, shape_of
from charts_src.helm.template import KEY, Digest, Ref, Scope

Group = tuple[str, ...]
"""An environment, and the entry of each loop around the place: cases to be compared with each other."""


class Case(NamedTuple):
    """One experiment, as seen at one place."""

    group: Group
    changed: Ref | None
    """The field that is not as in the base of the group; None for the base."""
    detail: Where
    """The path that was changed, which may lead further than the field does."""
    scope: Scope
    tree: Any
    """What is at the place: plain values, or MISSING."""


def bases(cases: Iterable[Case]) -> dict[Group, Case]:
    """Give the base of each group."""
    return {case.group: case for case in cases if case.changed is None}


def effective(cases: Sequence[Case]) -> list[Case]:
    """Leave out variations that change nothing here."""
    base = bases(cases)
    return [
        case
        for case in cases
        if case.changed is None or (case.group in base and differ(case.tree, base[case.group].tree))
    ]


def differ(one: Any, other: Any) -> bool:
    """Say whether two trees differ, also in type."""
    return one is not other and (one != other or kinds_differ(one, other))


def kinds_differ(one: Any, other: Any) -> bool:
    """Tell 1 from True and 1.0, which Python has equal."""
    if type(one) is not type(other):
        return True
    if isinstance(one, dict):
        return any(kinds_differ(item, other[key]) for key, item in one.items())
    if isinstance(one, list):
        return any(kinds_differ(*pair) for pair in zip(one, other, strict=True))
    return False


def causes(cases: Iterable[Case]) -> dict[Ref, list[Case]]:
    """Give the variations by the field that they change."""
    found: dict[Ref, list[Case]] = {}
    for case in cases:
        if case.changed is not None:
            found.setdefault(case.changed, []).append(case)
    return found


def field(where: Where, scope: Scope) -> Ref:
    """Name the field at a path: of the innermost entry around it, or the collection that it is inside."""
    inner = [(name, place) for name, place in scope.entries.items() if where[: len(place)] == place]
    loop, place = max(inner, key=lambda pair: len(pair[1]), default=("", ()))
    rest = where[len(place) :]
    for length in range(1, len(rest)):
        if rest[length] != KEY and shape_of((*place, *rest[:length])).entry:
            return Ref(loop, rest[:length])
    return Ref(loop, rest)


def kind(tree: Any) -> str:
    """Name the kind of a tree: trees of different kinds have no common template."""
    if tree is MISSING:
        return "missing"
    if isinstance(tree, dict | list):
        return type(tree).__name__ if tree else f"empty {type(tree).__name__}"
    if isinstance(tree, str):
        return "lines" if "\n" in tree else "text"
    if isinstance(tree, Digest):
        return "digest"
    return type(tree).__name__


def keys(value: Any) -> list[str | int]:
    """Give the keys of a collection."""
    if isinstance(value, Mapping):
        return list(value)
    return list(range(len(value))) if isinstance(value, tuple) else []


def without(larger: Any, smaller: Any) -> str | int | None:
    """Name the one entry that the smaller of two collections lacks, if that is all that they differ in."""
    if not isinstance(larger, Mapping | tuple) or len(larger) != len(smaller or ()) + 1:
        return None
    if isinstance(larger, Mapping) and isinstance(smaller, Mapping):
        gone = [key for key in larger if key not in smaller]
        rest = {key: item for key, item in larger.items() if key not in gone}
        return gone[0] if len(gone) == 1 and plain(rest) == plain(smaller) else None
    if isinstance(larger, tuple) and isinstance(smaller, tuple):
        return next((i for i in range(len(larger)) if (*larger[:i], *larger[i + 1 :]) == smaller), None)
    return None


def value_at(case: Case, ref: Ref) -> Any:
    """Give the value of a field in a case as the model has it."""
    return lookup(case.scope.data, case.scope.place(ref))


def token(item: Any) -> str:
    """Give a text by which equal items of two lists are found."""
    if isinstance(item, dict):
        for key in ("name", "key", "alert", "record", "metadata"):
            if isinstance(item.get(key), str):
                return f"{key}={item[key]}"
        return json.dumps(item, sort_keys=True, default=str)
    return item if isinstance(item, str) else json.dumps(item, sort_keys=True, default=str)
