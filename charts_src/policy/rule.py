"""What a rule finds."""

from typing import NamedTuple


class Violation(NamedTuple):
    """One place where an object breaks a rule."""

    path: str
    """Field, such as spec.template.spec.containers[0].image."""
    message: str
    """What is wrong, and what to write instead."""

    def __str__(self) -> str:
        """Write the violation on one line."""
        return f"{self.path}: {self.message}"
