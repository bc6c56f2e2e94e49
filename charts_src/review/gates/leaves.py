"""The fields of a changed object one by one, whole blocks that came or went taken apart."""

from collections.abc import Iterator
from typing import Any, NamedTuple

from charts_src.diff.compare import Change
from charts_src.diff.fields import MERGE_KEYS, MISSING, FieldChange

_NAMES = ("name", "key")


class Leaf(NamedTuple):
    """One scalar that differs, or an empty block."""

    path: str
    key: str
    """Last field name in the path."""
    old: Any
    """MISSING where that side has no such field."""
    new: Any
    within: str
    """Path of the block that came or went as a whole; that of the scalar itself where only it differs."""


def leaves(change: Change) -> Iterator[Leaf]:
    """Give every scalar that differs between the sides of a changed object.

    A definition (CRD) gives none: it describes fields and has no values for them.
    """
    for field in change.fields if change.identity.kind != "CustomResourceDefinition" else ():
        if not field.path.endswith(("(component)", "(order)")):
            yield from leaves_of(field)


def leaves_of(field: FieldChange) -> Iterator[Leaf]:
    """Give every scalar of a field that differs."""
    yield from _leaves(field.path, last(field.path), field.old, field.new, field.path)


def last(path: str) -> str:
    """Give the last field name of a path."""
    tail = path.rpartition(" | ")[2]
    return tail.rpartition('["')[2].removesuffix('"]') if tail.endswith('"]') else _plain(tail)


def _plain(path: str) -> str:
    while path.endswith("]"):
        path = path[: path.rindex("[")]
    return path.rpartition(".")[2]


def _leaves(path: str, key: str, old: Any, new: Any, within: str) -> Iterator[Leaf]:
    before, after = _children(old, key), _children(new, key)
    if not before and not after:
        yield Leaf(path, key, old, new, within)
    for way in {**before, **after}:
        element = way.startswith("[")
        below = f"{path}{way}" if element else f"{path}.{way}"
        pair = before.get(way, MISSING), after.get(way, MISSING)
        yield from _leaves(below, key if element else way, *pair, within)


def _children(value: Any, field: str) -> dict[str, Any]:
    if isinstance(value, dict):
        return {str(key): item for key, item in value.items()}
    if isinstance(value, list):
        return {step(field, index, item): item for index, item in enumerate(value)}
    return {}


def step(field: str, index: int, item: Any) -> str:
    """Write the way to an element of the list `field` as diff/fields.py does: by what tells it apart."""
    if isinstance(item, dict):
        for key in MERGE_KEYS.get(field, _NAMES):
            if isinstance(item.get(key), (str, int)):
                return f"[{key}={item[key]}]"
    return f"[{index}]"
