"""The exceptions to the rules, each with its reason."""

from typing import Final

EXCEPTIONS: Final[dict[tuple[str, str, str], str]] = {}
"""(rule, kind, name of the object) -> why the rule does not hold for it."""
