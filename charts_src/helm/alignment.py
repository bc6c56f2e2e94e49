"""Which entries of two maps, lists or texts are the same."""

from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher
from typing import Any

from charts_src.helm.cases import Case, token
from charts_src.helm.fields import lookup
from charts_src.helm.template import KEY

Pair = tuple[str, Any]
"""Key and value of an entry of a map; with an empty key, an item of a list or a line."""

Partners = list[tuple[int | None, int | None]]
"""Positions in two sequences, None where an entry has no partner."""


def pairs(one: str, tree: Any) -> list[Pair]:
    """Take a map, a list or a text apart."""
    if one == "dict":
        return list(tree.items())
    return [("", item) for item in (tree.split("\n") if one == "lines" else tree)]


def whole(one: str, entries: Sequence[Pair]) -> Any:
    """Put entries together again."""
    if one == "dict":
        return dict(entries)
    items = [item for _, item in entries]
    return "\n".join(items) if one == "lines" else items


def name_of(entry: Pair) -> str:
    """Give a text by which an entry is found among others."""
    key, item = entry
    return key or token(item)


def has_name(entry: Pair) -> bool:
    """Say whether it is more than its content that tells an entry from others."""
    key, item = entry
    return key != "" or (isinstance(item, dict) and not token(item).startswith("{"))


def aligned(ours: Sequence[Pair], theirs: Sequence[Pair]) -> Partners:
    """Pair the positions of two sequences: equal entries, then what stands between the same neighbours."""
    found: Partners = []
    one, other = [name_of(each) for each in ours], [name_of(each) for each in theirs]
    for tag, a, b, c, d in SequenceMatcher(None, one, other, autojunk=False).get_opcodes():
        if tag == "equal" or b - a == d - c:
            found += zip(range(a, b), range(c, d), strict=True)
        else:
            found += _loosely(ours, theirs, (a, b), (c, d))
    return found


def varied(one: str, base: Case, case: Case) -> Partners:
    """Align a variation with its base.

    In a map another key is another entry, unless the changed field is in it.
    """
    ours, theirs = pairs(one, base.tree), pairs(one, case.tree)
    new = _new_text(case)
    found: Partners = []
    for a, b in aligned(ours, theirs):
        if one == "dict" and a is not None and b is not None and not _renamed(ours[a][0], theirs[b][0], new):
            found += [(a, None), (None, b)]
        else:
            found.append((a, b))
    return found


def _renamed(key: str, other: str, new: str) -> bool:
    return key == other or (new != "" and new in other)


def _new_text(case: Case) -> str:
    """Give the text that a variation has in place of another."""
    if case.detail[-2:-1] == (KEY,):
        return str(case.detail[-1])
    value = lookup(case.scope.data, case.detail)
    return value if isinstance(value, str) else ""


def _loosely(
    ours: Sequence[Pair], theirs: Sequence[Pair], one: tuple[int, int], other: tuple[int, int]
) -> Iterator[tuple[int | None, int | None]]:
    """Pair entries of the same sort in their order; what is left over has no partner."""
    left = [_sort(each) for each in ours[slice(*one)]]
    right = [_sort(each) for each in theirs[slice(*other)]]
    for tag, a, b, c, d in SequenceMatcher(None, left, right, autojunk=False).get_opcodes():
        if tag == "equal":
            yield from zip(range(one[0] + a, one[0] + b), range(other[0] + c, other[0] + d), strict=True)
        else:
            yield from ((one[0] + index, None) for index in range(a, b))
            yield from ((None, other[0] + index) for index in range(c, d))


def _sort(entry: Pair) -> str:
    key, item = entry
    if key:
        return key.partition(" ")[0]
    return ",".join(sorted(item)) if isinstance(item, dict) else type(item).__name__
