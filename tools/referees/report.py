"""What the referees say of an environment, as people read it."""

from collections.abc import Iterator
from typing import NamedTuple

from tools.referees.exceptions import Outcome
from tools.referees.verdict import Verdict


class Judged(NamedTuple):
    """A verdict, and what became of its findings."""

    environment: str
    verdict: Verdict
    outcome: Outcome

    @property
    def failed(self) -> bool:
        """Say whether a finding has no reason, or an object was not looked at."""
        return bool(self.outcome.failed or self.verdict.unseen)

    def lines(self) -> Iterator[str]:
        """Write the counts, the reasons of what is skipped, and everything that fails."""
        verdict, outcome = self.verdict, self.outcome
        skipped = sum(map(len, outcome.skipped.values()))
        failed = len(outcome.failed) + len(verdict.unseen)
        yield (
            f"{self.environment}: {verdict.referee}: {verdict.seen} of {verdict.expected} objects, "
            f"{verdict.passed} checks passed, {skipped} skipped, {failed} failed"
        )
        for why, findings in sorted(outcome.skipped.items(), key=lambda item: -len(item[1])):
            yield f"  {len(findings)} skipped: {why}"
        yield from (f"  FAILED {finding}" for finding in sorted(outcome.failed, key=str))
        yield from (f"  FAILED {subject.origin}: was not looked at" for subject in verdict.unseen)
