"""Lines up the entries of all cases that belong to no collection."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from charts_src.helm.alignment import Pair, aligned, has_name, name_of, pairs, varied
from charts_src.helm.cases import Case, Group, bases
from charts_src.helm.fields import MISSING
from charts_src.helm.ownership import Owners
from charts_src.helm.template import Ref


class Slot:
    """A place for one entry of each case, or for all entries of a collection."""

    def __init__(self, what: Pair | Ref, *, fixed: bool) -> None:
        """Make a place for an entry like this; a fixed one only for entries with the same key."""
        self.what = what
        self.fixed = fixed
        self.cases: list[Case] = []
        """The cases, with pairs of key and value, or MISSING, as trees."""

    def is_for(self, entry: Pair) -> bool:
        """Say whether an entry like this one made the slot."""
        return not isinstance(self.what, Ref) and name_of(self.what) == name_of(entry)

    def like(self, entry: Pair) -> bool:
        """Say whether an entry is a map with the same keys, and of the same kind if it is an object."""
        if isinstance(self.what, Ref):
            return False
        one: Any = self.what[1]
        other: Any = entry[1]
        maps = isinstance(one, dict) and isinstance(other, dict)
        return maps and one.keys() == other.keys() and one.get("kind") == other.get("kind")

    def takes(self, *, fixed: bool) -> bool:
        """Say whether entries with other names may be here."""
        return not self.fixed and not fixed


class Slots:
    """The slots of a map, list or text, in order."""

    def __init__(self, one: str, cases: Sequence[Case], owners: Mapping[Group, Owners]) -> None:
        """Line up the entries of cases: those of the bases first, then what only variations have."""
        self._one = one
        self._owners = owners
        self._places: dict[Group, dict[int, Slot]] = {}
        self.order: list[Slot] = []
        base = bases(cases)
        for case in base.values():
            self._take(case, self._moving(case, cases))
        filled = [dict(self._filled(case, base[case.group])) for case in cases]
        for slot in self.order:
            slot.cases = [
                case._replace(tree=found.get(slot, MISSING))
                for case, found in zip(cases, filled, strict=True)
            ]

    def _insert(self, after: Slot | None, what: Pair | Ref, *, fixed: bool = False) -> Slot:
        slot = Slot(what, fixed=fixed)
        self.order.insert(self.order.index(after) + 1 if after else 0, slot)
        return slot

    def _moving(self, base: Case, cases: Sequence[Case]) -> set[int]:
        """Give the positions whose names have the value of a field in them."""
        ours = pairs(self._one, base.tree)
        found = set()
        for case in cases:
            if case.group == base.group and case.changed is not None:
                theirs = pairs(self._one, case.tree)
                partners = varied(self._one, base, case)
                found |= {
                    a
                    for a, b in partners
                    if a is not None and b is not None and name_of(ours[a]) != name_of(theirs[b])
                }
        return found

    def _take(self, base: Case, moving: set[int]) -> None:
        """Find or make a slot for each entry of a base."""
        entries, mine = pairs(self._one, base.tree), self._owners[base.group]
        near = self._near(entries, mine)
        here: dict[int, Slot] = {}
        last: Slot | None = None
        for position, entry in enumerate(entries):
            if position in mine:
                last = self._of(mine[position][0], last)
                continue
            fixed = has_name(entry) and position not in moving
            found = self._same(entry) or near.get(position)
            if found and (found in here.values() or not (found.is_for(entry) or found.takes(fixed=fixed))):
                found = None
            last = found or self._insert(last, entry, fixed=fixed)
            here[position] = last
        self._places[base.group] = here

    def _same(self, entry: Pair) -> Slot | None:
        """Find the slot of a key, wherever it stands in a map."""
        return next((slot for slot in self.order if self._one == "dict" and slot.is_for(entry)), None)

    def _of(self, collection: Ref, last: Slot | None) -> Slot:
        found = next((slot for slot in self.order if slot.what == collection), None)
        return found or self._insert(last, collection)

    def _near(self, entries: Sequence[Pair], mine: Owners) -> dict[int, Slot]:
        """Pair entries with slots that stand between the same neighbours."""
        ours = [(slot, slot.what) for slot in self.order if not isinstance(slot.what, Ref)]
        theirs = [(position, entry) for position, entry in enumerate(entries) if position not in mine]
        found = aligned([what for _, what in ours], [entry for _, entry in theirs])
        return {theirs[b][0]: ours[a][0] for a, b in found if a is not None and b is not None}

    def _filled(self, case: Case, base: Case) -> Iterator[tuple[Slot, Pair]]:
        """Say which entry of a case is in which slot; make slots for entries that its base has not."""
        there, places = pairs(self._one, case.tree), self._places[case.group]
        last: Slot | None = None
        taken: set[Slot] = set()
        for ours, theirs in varied(self._one, base, case):
            if ours is not None and ours in places:
                last = places[ours]
            elif ours is None and theirs is not None and not self._added(case):
                last = self._later(last, there[theirs], taken) or self._insert(last, there[theirs])
            else:
                continue
            if theirs is not None:
                taken.add(last)
                yield last, there[theirs]

    def _later(self, last: Slot | None, entry: Pair, taken: set[Slot]) -> Slot | None:
        """Find a free slot for an entry, in a list or text after the last one."""
        later = self.order if self._one == "dict" or not last else self.order[self.order.index(last) + 1 :]
        free = [slot for slot in later if slot not in taken]
        takers = [slot for slot in free if self._one == "dict" and slot.takes(fixed=False)]
        alike = (slot for slot in takers if slot.like(entry))
        return next((slot for slot in free if slot.is_for(entry)), None) or next(alike, None)

    def _added(self, case: Case) -> bool:
        """Say whether new entries of a case are those of a collection that has changed."""
        return any(case.changed == ref for mine in self._owners.values() for ref, _ in mine.values())
