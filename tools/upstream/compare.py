"""Finds the differences between two sets of facts, and the reason of each."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Literal

from tools.upstream.facts import Facts

Side = Literal["here", "there"]


@dataclass(frozen=True, order=True)
class Difference:
    """A fact that only our objects (here), or only upstream's (there), have."""

    side: Side
    fact: str

    @property
    def category(self) -> str:
        """Say what the fact is about: the first word of it."""
        return self.fact.partition(" ")[0]


@dataclass(frozen=True)
class Accepted:
    """Differences of one side that match a pattern, and why they are right."""

    side: Side
    pattern: str
    why: str

    def covers(self, difference: Difference) -> bool:
        """Say whether this is the reason of a difference."""
        return self.side == difference.side and fnmatchcase(difference.fact, self.pattern)


HOUSE = tuple(
    Accepted("here", f"object {kind}/*", "every component here has what it needs of these")
    for kind in ("NetworkPolicy", "PodDisruptionBudget", "PodMonitor", "ServiceMonitor")
)
"""Differences that need no entry, as they are the same everywhere."""


def differences(ours: Facts, theirs: Facts) -> list[Difference]:
    """Give what only one side has; where both have a rule, but one in more of the cluster, its scope."""
    here, there = ours.lines | ours.rules.keys(), theirs.lines | theirs.rules.keys()
    found = [Difference("here", fact) for fact in here - there]
    found += [Difference("there", fact) for fact in there - here]
    return sorted([*found, *_scopes("here", ours, theirs), *_scopes("there", theirs, ours)])


def _scopes(side: Side, wider: Facts, narrower: Facts) -> Iterator[Difference]:
    for rule, wide in wider.rules.items():
        if wide and narrower.rules.get(rule, True) is False:
            yield Difference(side, rule.replace("rule ", "scope ", 1))


@dataclass(frozen=True)
class Result:
    """The differences of one component, each with its reason, and the listed ones that are no more."""

    component: str
    upstream: Sequence[str]
    reasons: Mapping[Difference, str | None]
    gone: Sequence[Accepted]

    @property
    def unexplained(self) -> list[Difference]:
        """Give the differences that no pattern covers."""
        return [difference for difference, why in self.reasons.items() if why is None]

    @property
    def failed(self) -> bool:
        """Say whether something must be fixed or explained."""
        return bool(self.unexplained or self.gone)


def explain(
    component: str, upstream: Sequence[str], found: Sequence[Difference], accepted: Sequence[Accepted]
) -> Result:
    """Give each difference the reason of the first pattern that covers it."""
    reasons = {
        difference: next((entry.why for entry in (*accepted, *HOUSE) if entry.covers(difference)), None)
        for difference in found
    }
    gone = [entry for entry in accepted if not any(entry.covers(difference) for difference in found)]
    return Result(component, upstream, reasons, gone)
