"""Maps, lists and texts: their entries, and those that there are for each entry of a collection."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from charts_src.helm.alignment import pairs, varied, whole
from charts_src.helm.cases import Case, Group, bases, field, keys, value_at
from charts_src.helm.fields import Where
from charts_src.helm.ownership import Owners, owners
from charts_src.helm.slots import Slots
from charts_src.helm.template import KEY, Ref, Scope


class Repeated(NamedTuple):
    """Entries that there are for each entry of a collection."""

    name: str
    collection: Ref
    keyed: bool
    cases: list[Case]
    """The entries of one entry of the collection each, as a map, list or text."""


def arranged(one: str, cases: Sequence[Case], *, looping: bool) -> list[list[Case] | Repeated]:
    """Part the entries of maps, lists or texts: for each entry its cases, for each loop its own.

    The trees of an entry's cases are pairs of key and value, or MISSING.
    """
    owned = {case.group: owners(one, case, cases) if looping else {} for case in bases(cases).values()}
    loops = _loops(one, cases, owned)
    slots = Slots(one, cases, owned)
    return [loops[slot.what] if isinstance(slot.what, Ref) else slot.cases for slot in slots.order]


def _loops(one: str, cases: Sequence[Case], owned: Mapping[Group, Owners]) -> dict[Ref, Repeated]:
    found: dict[Ref, Repeated] = {}
    base = bases(cases)
    for case in base.values():
        for ref, _ in owned[case.group].values():
            keyed = isinstance(value_at(case, ref), Mapping)
            found.setdefault(ref, Repeated(_name(ref, case), ref, keyed, []))
    for ref, loop in found.items():
        for case in cases:
            first = base[case.group]
            chunks = (_Chunk(one, first, ref, key, loop.name) for key in keys(value_at(first, ref)))
            loop.cases.extend(filter(None, (chunk.of(case, owned[case.group]) for chunk in chunks)))
    return found


def _name(ref: Ref, case: Case) -> str:
    """Name the variable of a loop, with a number for a loop inside another."""
    return f"{ref.where[-1]}{len(case.scope.entries) or ''}"


class _Chunk(NamedTuple):
    """What belongs to one entry of a collection."""

    one: str
    base: Case
    collection: Ref
    key: str | int
    loop: str

    @property
    def place(self) -> Where:
        """Path of the entry in the environment of the base."""
        return (*self.base.scope.place(self.collection), self.key)

    def of(self, case: Case, mine: Owners) -> Case | None:
        """Take it out of a case.

        With entries added or removed, what belongs to which is only known for the base: that gives None.
        """
        others = case.changed == self.collection and not self._inside(case.detail)
        if others and (
            case.detail == self.place[:-1] or self.key not in keys(value_at(case, self.collection))
        ):
            return None
        tree = whole(self.one, self._entries(case, mine))
        where, changed = self.place, case.changed
        if self._inside(case.detail):
            rest = case.detail[len(self.place) :]
            where = (*self.place[:-1], rest[1]) if rest[:1] == (KEY,) else self.place
            changed = (
                Ref(self.loop, (KEY,)) if rest[:1] == (KEY,) else field(case.detail, self._scope(case, where))
            )
        return Case((*case.group, str(self.key)), changed, case.detail, self._scope(case, where), tree)

    def _scope(self, case: Case, where: Where) -> Scope:
        return Scope(case.scope.data, {**case.scope.entries, self.loop: where})

    def _entries(self, case: Case, mine: Owners) -> list[tuple[str, object]]:
        """Give the entries that belong to it in the base, and new ones where something in it was changed."""
        there = pairs(self.one, case.tree)
        own = {position for position, owner in mine.items() if owner == (self.collection, self.key)}
        return [
            there[theirs]
            for ours, theirs in varied(self.one, self.base, case)
            if theirs is not None and (ours in own or (ours is None and self._inside(case.detail)))
        ]

    def _inside(self, where: Where) -> bool:
        return where[: len(self.place)] == self.place
