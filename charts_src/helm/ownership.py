"""Which entries of a map, list or text are there because of one entry of a collection."""

from collections.abc import Iterator, Mapping, Sequence

from charts_src.helm.alignment import aligned, name_of, pairs, varied
from charts_src.helm.cases import Case, causes, keys, value_at, without
from charts_src.helm.fields import Where, shape_of
from charts_src.helm.template import KEY, Ref

Owners = dict[int, tuple[Ref, str | int]]
"""Position in the base of a group -> collection, and key of its entry."""


def owners(one: str, base: Case, cases: Sequence[Case]) -> Owners:
    """Say which entries belong to which entry of a collection.

    A collection counts where each of its entries has something of its own, or may have.
    """
    found: Owners = {}
    own = [case for case in cases if case.group == base.group]
    for ref, variations in causes(own).items():
        if _is_collection(base, ref):
            owned = list(_owned(one, base, ref, variations))
            having = {key for key, _ in owned}
            others = [key for key in keys(value_at(base, ref)) if key not in having]
            if all(_may_have(one, base, (*base.scope.place(ref), key), variations) for key in others):
                for key, position in owned:
                    found.setdefault(position, (ref, key))
    return found


def _may_have(one: str, base: Case, place: Where, variations: Sequence[Case]) -> bool:
    """Say whether a change inside an entry of a collection brings something."""
    inside = [case for case in variations if case.detail[: len(place)] == place]
    return any(a is None for case in inside for a, _ in varied(one, base, case))


def _is_collection(base: Case, ref: Ref) -> bool:
    """Say whether a field is a map with free keys, or a list."""
    if ref.where[-1:] == (KEY,) or not isinstance(value_at(base, ref), Mapping | tuple):
        return False
    return shape_of(base.scope.place(ref)).entry is not None


def _owned(one: str, base: Case, ref: Ref, variations: Sequence[Case]) -> Iterator[tuple[str | int, int]]:
    """Find the entries that go when an entry of a collection goes, or else have another name with it."""
    place = base.scope.place(ref)
    everyone = [base, *(case for case in variations if case.detail == place)]
    left = {str(key): key for key in keys(value_at(base, ref))}
    for larger in everyone:
        for smaller in everyone:
            key = without(value_at(larger, ref), value_at(smaller, ref))
            if key is not None and str(key) in left and (gone := _gone(one, base, larger, smaller)):
                del left[str(key)]
                yield from ((key, position) for position in gone)
    for case in variations:
        if case.detail[:-3] == place and case.detail[-2] == KEY and str(case.detail[-3]) in left:
            del left[str(case.detail[-3])]
            yield from ((case.detail[-3], position) for position in _renamed(one, base, case))


def _gone(one: str, base: Case, larger: Case, smaller: Case) -> list[int]:
    """Give the positions in the base of what the larger of two cases has and the smaller has not."""
    there = pairs(one, larger.tree)
    gone = [a for a, b in aligned(there, pairs(one, smaller.tree)) if b is None and a is not None]
    if one == "lines":
        gone = _slid(gone, [item for _, item in there])
    back = {b: a for a, b in aligned(pairs(one, base.tree), there)}
    return [position for each in gone if (position := back.get(each)) is not None]


def _slid(gone: list[int], lines: Sequence[str]) -> list[int]:
    """Choose, where equal lines leave a choice, the block that starts with the least indented line."""
    if not gone or gone != list(range(gone[0], gone[-1] + 1)):
        return gone
    start, stop = gone[0], gone[-1] + 1
    while start and lines[start - 1] == lines[stop - 1]:
        start, stop = start - 1, stop - 1
    best = start
    while stop < len(lines) and lines[start] == lines[stop]:
        start, stop = start + 1, stop + 1
        if _indent(lines[start]) < _indent(lines[best]):
            best = start
    return list(range(best, best + len(gone)))


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())


def _renamed(one: str, base: Case, case: Case) -> Iterator[int]:
    """Find the entries that have another name when an entry of a collection has."""
    ours, theirs = pairs(one, base.tree), pairs(one, case.tree)
    for a, b in varied(one, base, case):
        if a is not None and b is not None and name_of(ours[a]) != name_of(theirs[b]):
            yield a
