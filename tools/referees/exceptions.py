"""Reads why findings of a referee are right as they are, and says which have no reason yet."""

from collections.abc import Iterable, Iterator
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from charts_src.errors import UserError
from charts_src.policy.exceptions import EXCEPTIONS
from tools.referees.verdict import Finding

FOLDER = Path(__file__).parent
"""It has a file for each referee: lists of checks and objects, each with its reason."""


class Use(NamedTuple):
    """A check, and the pattern of objects that it is skipped for."""

    check: str
    objects: str


class Skip(NamedTuple):
    """Findings that one reason covers."""

    checks: tuple[str, ...]
    objects: tuple[str, ...]
    """Patterns of Kind/name or Kind/namespace/name."""
    why: str
    policy: str = ""
    """The rule of charts_src/policy whose exception this is; it need not be needed for every check."""

    def uses(self, finding: Finding) -> Iterator[Use]:
        """Give what covers a finding: its check, with each pattern that its object matches."""
        if finding.check in self.checks:
            for pattern in self.objects:
                if any(fnmatchcase(name, pattern) for name in finding.subject.names):
                    yield Use(finding.check, self.policy or pattern)

    def all_uses(self) -> Iterator[Use]:
        """Give everything that this can be used for."""
        for check in self.checks:
            for pattern in self.objects:
                yield Use(check, self.policy or pattern)


class Outcome(NamedTuple):
    """What becomes of the findings of a referee."""

    skipped: dict[str, list[Finding]]
    """Those with a reason, by it."""
    failed: list[Finding]
    used: set[Use]


def read(referee: str, folder: Path = FOLDER) -> list[Skip]:
    """Read the reasons for a referee; UserError names the entry of a file that says something else."""
    path = folder / f"{referee}.yaml"
    entries = yaml.load(path.read_text(encoding="utf-8"), yaml.CSafeLoader)
    placed = [(each, f"{path}: entry {number}") for number, each in enumerate(entries, 1)]
    return [skip for each, place in placed for skip in _skips(each, place)]


def _skips(entry: Any, place: str) -> Iterator[Skip]:
    keys = set(entry) if isinstance(entry, dict) else set()
    if keys not in ({"checks", "objects", "why"}, {"checks", "policy"}) or not all(entry.values()):
        raise UserError(f"{place}: write checks, objects and why, or checks and policy")
    for field in keys & {"checks", "objects"}:
        if not isinstance(entry[field], list) or not all(isinstance(each, str) for each in entry[field]):
            raise UserError(f"{place}: {field}: write a list of names")
    if "policy" in keys:
        yield from of_policy(entry["checks"], entry["policy"])
    else:
        yield Skip(tuple(entry["checks"]), tuple(entry["objects"]), entry["why"].strip())


def of_policy(checks: Iterable[str], rule: str) -> list[Skip]:
    """Give the exceptions to a rule of our own as reasons for checks of a referee."""
    found = [(f"{kind}/{name}", why) for (of, kind, name), why in EXCEPTIONS.items() if of == rule]
    return [Skip(tuple(checks), (name,), why, rule) for name, why in found]


def weigh(findings: Iterable[Finding], skips: list[Skip]) -> Outcome:
    """Give each finding the first reason that covers it."""
    outcome = Outcome({}, [], set())
    for finding in findings:
        covers = [(skip, use) for skip in skips for use in skip.uses(finding)]
        if covers:
            skip, use = covers[0]
            outcome.skipped.setdefault(skip.why, []).append(finding)
            outcome.used.add(use)
        else:
            outcome.failed.append(finding)
    return outcome


def unneeded(skips: list[Skip], used: set[Use]) -> list[Use]:
    """Give what no finding anywhere needed."""
    return sorted({use for skip in skips for use in skip.all_uses()} - used)
