"""Maps, lists and lines: which entries belong to which entries of a collection, and which to each other."""

from collections.abc import Iterator, Mapping, Sequence
from difflib import SequenceMatcher
from typing import Any, NamedTuple

from charts_src.helm.cases import Case, bases, causes, field, keys, token, value_at, without
from charts_src.helm.fields import MISSING, Where, lookup, shape_of
from charts_src.helm.template import KEY, Ref, Scope

Pair = tuple[str, Any]
"""Key and value of an entry of a map; with an empty key, an item of a list or a line."""


class Repeated(NamedTuple):
    """Entries that there are for each entry of a collection."""

    name: str
    collection: Ref
    keyed: bool
    cases: list[Case]
    """The entries of one entry of the collection each, as a map, list or lines."""


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


def aligned(ours: Sequence[Pair], theirs: Sequence[Pair]) -> list[tuple[int | None, int | None]]:
    """Pair the positions of two sequences: equal entries, then what stands between the same neighbours."""
    found: list[tuple[int | None, int | None]] = []
    one, other = _tokens(ours), _tokens(theirs)
    for tag, a, b, c, d in SequenceMatcher(None, one, other, autojunk=False).get_opcodes():
        if tag == "equal" or b - a == d - c:
            found += zip(range(a, b), range(c, d), strict=True)
        else:
            found += _loosely(ours, theirs, (a, b), (c, d))
    return found


def _tokens(entries: Sequence[Pair]) -> list[str]:
    return [key or token(item) for key, item in entries]


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


def arranged(one: str, cases: Sequence[Case], *, looping: bool) -> "list[list[Case] | Repeated]":
    """Part the entries of maps, lists or lines: for each entry its cases, for each loop its own.

    The trees of an entry's cases are pairs of key and value, or MISSING.
    """
    owners = {case.group: _owners(one, case, cases) if looping else {} for case in bases(cases).values()}
    repeated = _repeated(one, cases, owners)
    return _slots(one, cases, owners, repeated)


Owners = dict[int, tuple[Ref, str | int]]
"""Position in the base -> collection, and key of the entry that it belongs to."""


def _owners(one: str, base: Case, cases: Sequence[Case]) -> Owners:
    found: Owners = {}
    own = [case for case in cases if case.group == base.group]
    for ref, variations in causes(own).items():
        if not _is_collection(base, ref):
            continue
        collection = value_at(base, ref)
        owned = list(_owned(one, base, ref, variations))
        if {key for key, _ in owned} == set(keys(collection)):
            for key, position in owned:
                found.setdefault(position, (ref, key))
    return found


def _is_collection(base: Case, ref: Ref) -> bool:
    """Say whether a field is a map with free keys, or a list."""
    if ref.where[-1:] == (KEY,) or not isinstance(value_at(base, ref), Mapping | tuple):
        return False
    return shape_of(base.scope.place(ref)).entry is not None


def _owned(one: str, base: Case, ref: Ref, variations: Sequence[Case]) -> Iterator[tuple[str | int, int]]:
    """Find the entries that go when an entry of a collection goes."""
    place = base.scope.place(ref)
    everyone = [base, *(case for case in variations if case.detail == place)]
    left = {str(key): key for key in keys(value_at(base, ref))}
    for larger in everyone:
        for smaller in everyone:
            key = without(value_at(larger, ref), value_at(smaller, ref))
            if key is None or str(key) not in left:
                continue
            gone = [
                a
                for a, b in aligned(pairs(one, larger.tree), pairs(one, smaller.tree))
                if b is None and a is not None
            ]
            back = {b: a for a, b in aligned(pairs(one, base.tree), pairs(one, larger.tree)) if a is not None}
            if one == "lines":
                gone = _slid(gone, [item for _, item in pairs(one, larger.tree)])
            positions = [
                back[position] for position in gone if position in back and back[position] is not None
            ]
            if positions:
                del left[str(key)]
                yield from ((key, position) for position in positions)
    for case in variations:
        if case.detail[:-3] == place and case.detail[-2] == KEY and str(case.detail[-3]) in left:
            del left[str(case.detail[-3])]
            yield from ((case.detail[-3], position) for position in _renamed(one, base, case))


def _slid(gone: list[int], lines: Sequence[str]) -> list[int]:
    """Choose, where equal lines leave a choice, the block that starts with the least indented line."""
    if not gone or gone != list(range(gone[0], gone[-1] + 1)):
        return gone
    start, stop = gone[0], gone[-1] + 1
    while start and lines[start - 1] == lines[stop - 1]:
        start, stop = start - 1, stop - 1
    best = start
    first = start
    while stop < len(lines) and lines[first] == lines[stop]:
        first, stop = first + 1, stop + 1
        if _indent(lines[first]) < _indent(lines[best]):
            best = first
    return list(range(best, best + len(gone)))


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())


def _renamed(one: str, base: Case, case: Case) -> Iterator[int]:
    """Find the entries that have another name when an entry of a collection has."""
    ours, theirs = pairs(one, base.tree), pairs(one, case.tree)
    for a, b in _paired(one, ours, theirs, case):
        if a is not None and b is not None and _key(ours[a]) != _key(theirs[b]):
            yield a


def _repeated(one: str, cases: Sequence[Case], owners: Mapping[Any, Owners]) -> dict[Ref, Repeated]:
    found: dict[Ref, Repeated] = {}
    base = bases(cases)
    for case in cases:
        mine = owners[case.group]
        for ref in dict.fromkeys(ref for ref, _ in mine.values()):
            name = _name(ref, case)
            loop = found.setdefault(ref, Repeated(name, ref, isinstance(value_at(case, ref), Mapping), []))
            for key in dict.fromkeys(key for owner, key in mine.values() if owner == ref):
                if chunk := _chunk(one, case, base[case.group], ref, key, mine, name):
                    loop.cases.append(chunk)
    return found


def _name(ref: Ref, case: Case) -> str:
    last = str(ref.where[-1])
    return f"{last}{len(case.scope.entries) or ''}"


def _chunk(
    one: str, case: Case, base: Case, ref: Ref, key: str | int, mine: Owners, name: str
) -> Case | None:
    """Take what belongs to one entry of a collection out of a case."""
    place = (*base.scope.place(ref), key)
    renamed = None
    if case.detail[: len(place)] == place and case.detail[len(place) :][:1] == (KEY,):
        renamed = case.detail[-1]
    elif case is not base and case.changed == ref and not _inside(case.detail, place):
        if key not in keys(value_at(case, ref)) or case.detail == base.scope.place(ref):
            return None  # with entries added or removed, which is which is only known for the base
    there = pairs(one, case.tree)
    entries, last = [], False
    for ours, theirs in _paired(one, pairs(one, base.tree), there, case):
        if ours is not None:
            last = mine.get(ours) == (ref, key)
        inserted = ours is None and (last or _inside(case.detail, place)) and _inside(case.detail, place)
        if theirs is not None and ((ours is not None and last) or inserted):
            entries.append(there[theirs])
    where: Where = (*place[:-1], renamed) if renamed is not None else place
    changed = case.changed
    if renamed is not None:
        changed = Ref(name, (KEY,))
    elif _inside(case.detail, place):
        changed = _relative(case, name, place)
    scope = Scope(case.scope.data, {**case.scope.entries, name: where})
    return Case((*case.group, str(key)), changed, case.detail, scope, whole(one, entries))


def _relative(case: Case, name: str, place: Where) -> Ref:
    scope = Scope(case.scope.data, {**case.scope.entries, name: place})
    return field(case.detail, scope)


def _inside(where: Where, place: Where) -> bool:
    return where[: len(place)] == place


def _slots(
    one: str, cases: Sequence[Case], owners: Mapping[Any, Owners], repeated: dict[Ref, Repeated]
) -> "list[list[Case] | Repeated]":
    """Line up what belongs to no collection, over all cases."""
    slots: list[Pair | Ref] = []
    filled: dict[int, dict[int, Pair]] = {}
    places: dict[Any, dict[int, int]] = {}
    order: list[int] = []

    def insert(after: int | None, what: Pair | Ref) -> int:
        slots.append(what)
        new = len(slots) - 1
        order.insert(order.index(after) + 1 if after is not None else 0, new)
        return new

    base = bases(cases)
    moving = {group: _moving(one, case, cases) for group, case in base.items()}
    named: set[int] = set()  # slots of one key, which entries with another key do not share
    for group, case in base.items():
        entries = pairs(one, case.tree)
        mine = owners[group]
        known = {
            _key(what): index
            for index, what in enumerate(slots)
            if one == "dict" and not isinstance(what, Ref)
        }
        last: int | None = None
        places[group] = {}
        used: set[int] = set()
        loose = _static_alignment(slots, order, entries, mine)
        for position, entry in enumerate(entries):
            if position in mine:
                ref = mine[position][0]
                index = next((i for i, what in enumerate(slots) if what == ref), None)
                if index is None:
                    index = insert(last, ref)
                last = index
                continue
            index = known.get(_key(entry))
            if (index is None or index in used) and (one != "dict" or position in moving[group]):
                index = loose.get(position) if loose.get(position) not in named else None
            if index is None or index in used:
                index = insert(last, entry)
            used.add(index)
            if one == "dict" and position not in moving[group]:
                named.add(index)
            places[group][position] = index
            last = index
    for number, case in enumerate(cases):
        filled[number] = dict(
            _filled(one, case, base[case.group], owners[case.group], places[case.group], slots, order, insert)
        )
    found: list[list[Case] | Repeated] = []
    for index in order:
        what = slots[index]
        if isinstance(what, Ref):
            found.append(repeated[what])
        else:
            found.append(
                [case._replace(tree=filled[number].get(index, MISSING)) for number, case in enumerate(cases)]
            )
    return found


def _moving(one: str, base: Case, cases: Sequence[Case]) -> set[int]:
    """Give the positions of a map whose keys have the value of a field in them."""
    if one != "dict":
        return set()
    ours = pairs(one, base.tree)
    found = set()
    for case in cases:
        if case.group == base.group and case.changed is not None:
            there = pairs(one, case.tree)
            found |= {
                a
                for a, b in _paired(one, ours, there, case)
                if a is not None and b is not None and ours[a][0] != there[b][0]
            }
    return found


def _paired(
    one: str, ours: Sequence[Pair], theirs: Sequence[Pair], case: Case
) -> list[tuple[int | None, int | None]]:
    """Align a variation with its base; another key is a new entry, unless the changed field is in it."""
    found: list[tuple[int | None, int | None]] = []
    new = _new_text(case)
    for a, b in aligned(ours, theirs):
        if (
            one == "dict"
            and a is not None
            and b is not None
            and ours[a][0] != theirs[b][0]
            and not (new and new in theirs[b][0])
        ):
            found += [(a, None), (None, b)]
        else:
            found.append((a, b))
    return found


def _new_text(case: Case) -> str:
    if case.detail[-2:-1] == (KEY,):
        return str(case.detail[-1])
    value = lookup(case.scope.data, case.detail)
    return value if isinstance(value, str) else ""


def _static_alignment(
    slots: list[Pair | Ref], order: list[int], entries: list[Pair], mine: Owners
) -> dict[int, int]:
    """Pair entries of another group with slots that stand between the same neighbours."""
    ours = [(index, what) for index in order if not isinstance(what := slots[index], Ref)]
    theirs = [(position, entry) for position, entry in enumerate(entries) if position not in mine]
    if not ours:
        return {}
    found = aligned([what for _, what in ours], [entry for _, entry in theirs])
    return {theirs[b][0]: ours[a][0] for a, b in found if a is not None and b is not None}


def _key(entry: Pair) -> str:
    key, item = entry
    return key or token(item)


def _filled(
    one: str,
    case: Case,
    base: Case,
    mine: Owners,
    places: Mapping[int, int],
    slots: list[Pair | Ref],
    order: list[int],
    insert: Any,
) -> Iterator[tuple[int, Pair]]:
    there = pairs(one, case.tree)
    last: int | None = None
    taken: set[int] = set()
    for ours, theirs in _paired(one, pairs(one, base.tree), there, case):
        if ours is not None and ours in places:
            last = places[ours]
            if theirs is not None:
                taken.add(last)
                yield last, there[theirs]
        elif ours is None and theirs is not None and not _added(case, mine):
            later = order if one == "dict" or last is None else order[order.index(last) + 1 :]
            index = next((i for i in later if i not in taken and _stands_for(slots[i], there[theirs])), None)
            if index is None:
                index = insert(last, there[theirs])
            last = index
            taken.add(index)
            yield index, there[theirs]


def _stands_for(slot: Pair | Ref, entry: Pair) -> bool:
    return not isinstance(slot, Ref) and _key(slot) == _key(entry)


def _added(case: Case, mine: Owners) -> bool:
    """Say whether new entries of a case are those of new entries of a collection, or of a changed one."""
    return any(case.changed == ref for ref, _ in mine.values())
