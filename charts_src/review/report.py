"""The whole review of a pull request: every part of it, as sections for people and as data for programs."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Final, NamedTuple

from charts_src import ROOT
from charts_src.diff.compare import Change
from charts_src.diff.parse import Hidden
from charts_src.diff.summary import counts
from charts_src.diff.trees import day_of
from charts_src.objects import Identity
from charts_src.review import cost, gates, pictures, proofs
from charts_src.review.cost import PairCost
from charts_src.review.effects import blast, bumps, changes, replaced, restarts
from charts_src.review.gates import sign_offs, sizes
from charts_src.review.gates.sign_offs import SignOffs, Verdict
from charts_src.review.gates.sizes import DiffSize
from charts_src.review.page import Section
from charts_src.review.pictures.costs import Bar
from charts_src.review.proofs import Proven
from charts_src.review.read import read_pairs
from charts_src.review.sides import Pair


class Review(NamedTuple):
    """What is known of a pull request."""

    base: str
    """The Git revision that it is compared with."""
    pairs: tuple[Pair, ...]
    verdicts: Mapping[str, Verdict]
    """Environment -> what its danger gates found."""
    costs: tuple[PairCost, ...]
    proven: Proven
    size: DiffSize
    """That of the diff of all environments together."""
    sections: tuple[Section, ...]
    """Every part but pictures."""

    @property
    def title(self) -> str:
        """Say what is compared with what."""
        return f"{', '.join(pair.name for pair in self.pairs)} against {self.base}"

    @property
    def stops(self) -> bool:
        """Whether something speaks against merging."""
        return any(section.alarm for section in self.sections)

    @property
    def verdict(self) -> str:
        """Say it in one line."""
        changed = [f"{pair.name}: {counts(pair.changes)}" for pair in self.pairs if pair.changes]
        alarms = [section.title for section in self.sections if section.alarm]
        anew = sum(len(replaced.replaced(pair)) for pair in self.pairs)
        if anew:
            changed.append(f"{anew} to be made anew, which Argo CD does not do by itself")
        what = "; ".join(changed) or "Nothing changes"
        return f"{what}. Look at: {', '.join(alarms)}." if alarms else f"{what}. Nothing speaks against it."

    def pictures(self, names: Sequence[str]) -> list[Section]:
        """Draw environments."""
        return [
            pictures.section(pair, _bars(found))
            for pair, found in zip(self.pairs, self.costs, strict=True)
            if pair.name in names
        ]

    def data(self) -> dict[str, Any]:
        """Give all but the pictures as JSON can write it; objects are `Kind namespace/name`."""
        environments = zip(self.pairs, self.costs, strict=True)
        return {
            "base": self.base,
            "stops": self.stops,
            "verdict": self.verdict,
            "bumps": plain(bumps.bumps(self.pairs)),
            "diff": plain(self.size),
            "expired": plain(self.proven.expired),
            "environments": {pair.name: self._environment(pair, found) for pair, found in environments},
        }

    def _environment(self, pair: Pair, found: PairCost) -> dict[str, Any]:
        proven = [each.proofs.proven for each in self.proven.environments if each.name == pair.name]
        return {
            "changes": [_change(change) for change in pair.changes],
            "restarts": plain(restarts.restarts(pair)),
            "replaced": plain(replaced.replaced(pair)),
            "gates": plain(self.verdicts[pair.name]),
            "cost": plain(found),
            "proofs": [plain(each) for some in proven for each in some],
        }


def review(names: list[str], base: str) -> Review:
    """Review what is checked out against a Git revision.

    Raises UserError for an unknown revision, and for mistakes in environments, sign-offs or manifests.
    """
    today = date.fromisoformat(day_of(ROOT, "HEAD"))
    return reviewed(base, tuple(read_pairs(names, base)), sign_offs.read(names, base), today)


def reviewed(base: str, pairs: tuple[Pair, ...], signed: Mapping[str, SignOffs], today: date) -> Review:
    """Put every part together; `today` is the day by which support of what is pinned ends."""
    verdicts = {pair.name: gates.verdict(pair, signed[pair.name]) for pair in pairs}
    costs, proven = cost.costs(pairs), proofs.proven(pairs, today)
    size = sizes.diff_size(pairs)
    sections = (
        blast.section(pairs),
        *(gates.report.section(name, verdict) for name, verdict in verdicts.items()),
        gates.report.size_section(size),
        cost.section(pairs, costs),
        proofs.section(proven),
        bumps.section(pairs),
        *(changes.section(pair) for pair in pairs if pair.changes),
    )
    return Review(base, pairs, verdicts, costs, proven, size, sections)


_ADDED: Final = ("added", "removed")


def _change(change: Change) -> dict[str, Any]:
    fields = {} if change.status in _ADDED else {"fields": [field.path for field in change.fields]}
    return {"object": str(change.identity), "component": change.component, "status": change.status} | fields


def _bars(found: PairCost) -> dict[str, list[Bar]]:
    """Draw the cost of each pool, before and after."""
    pools = {each.pool: None for side in (found.new, found.old) for each in (side.pools if side else ())}
    captions = {"Ceiling, $ per hour": "ceiling", "Expected, $ per hour": "expected"}
    return {
        f"{caption} in {found.environment}": [_bar(found, pool, amount) for pool in pools]
        for caption, amount in captions.items()
    }


def _bar(found: PairCost, pool: str, amount: str) -> Bar:
    old, new = (
        next((getattr(each, amount) for each in (side.pools if side else ()) if each.pool == pool), None)
        for side in (found.old, found.new)
    )
    unknown = next((", ".join(each.unknown) for each in (new, old) if each), "")
    return Bar(pool, old.per_hour if old else None, new.per_hour if new else None, unknown)


def plain(value: Any) -> Any:
    """Give what JSON can write: named tuples as maps, objects by name, values of Secrets hidden."""
    if isinstance(value, Identity | Hidden | date):
        return str(value)
    if isinstance(value, tuple) and hasattr(value, "_asdict"):
        return {key: plain(item) for key, item in value._asdict().items()}
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(item) for item in value]
    return value
