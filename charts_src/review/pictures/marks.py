"""What a pull request does to the parts of a picture."""

from collections.abc import Hashable, Mapping
from typing import Any, TypeVar

from charts_src.review.pictures.canvas import Mark
from charts_src.review.sides import Pair

Key = TypeVar("Key", bound=Hashable)

LEGEND = "+ added   ~ changed   - removed by this pull request"


def marks(old: Mapping[Key, Any], new: Mapping[Key, Any]) -> dict[Key, Mark]:
    """Compare the parts of both sides, those of the new one first; an equal part has no mark."""
    return {key: _mark(key, old, new) for key in {**new, **old}}


def counted(number: int, noun: str) -> str:
    """Write a number of things."""
    return f"{number} {noun}{'' if number == 1 else 's'}"


def components(pair: Pair) -> dict[str, Mark]:
    """Say of each component what happens to it, Argo CD's own objects aside."""
    touched = {change.component for change in pair.changes}
    old, new = ({each.component for each in side.objects.values()} for side in (pair.old, pair.new))
    return {
        name: "added" if name not in old else "removed" if name not in new else _changed(name in touched)
        for name in sorted(old | new)
        if not name.startswith("argocd")
    }


def _changed(touched: bool) -> Mark:
    return "changed" if touched else None


def _mark(key: Key, old: Mapping[Key, Any], new: Mapping[Key, Any]) -> Mark:
    if key not in old:
        return "added"
    return "removed" if key not in new else _changed(old[key] != new[key])
