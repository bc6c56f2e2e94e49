"""What a referee says of an environment, before anybody looks at exceptions."""

from typing import NamedTuple

from tools.referees.projection import Subject


class Finding(NamedTuple):
    """A check that an object failed."""

    check: str
    """The referee's id of the check."""
    subject: Subject
    message: str

    def __str__(self) -> str:
        """Write the finding on one line: file: path in it: check: what is wrong."""
        return f"{self.subject.origin}: {self.check}: {self.message}"


class Verdict(NamedTuple):
    """What a referee looked at and found."""

    referee: str
    """Its name and version."""
    seen: int
    """How many of the objects it looked at."""
    passed: int
    """How many checks objects passed."""
    findings: tuple[Finding, ...]
    unseen: tuple[Subject, ...]
    """Objects that it should have looked at, and did not."""

    @property
    def expected(self) -> int:
        """Say how many objects it should have looked at."""
        return self.seen + len(self.unseen)
