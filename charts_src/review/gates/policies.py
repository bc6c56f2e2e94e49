"""What statements of IAM policies allow, and what a change adds to that.

Matching of actions and resources by * and ?: the IAM User Guide, "IAM JSON policy elements".
"""

import json
from collections.abc import Iterator
from fnmatch import fnmatchcase
from typing import Any, NamedTuple

from charts_src.objects import Body


class Allowed(NamedTuple):
    """One action on one resource, for one principal of a trust or bucket policy."""

    principal: str
    """"" in a policy that belongs to its holder."""
    action: str
    resource: str
    condition: str
    """As JSON; "" is none."""

    def __str__(self) -> str:
        """Write it as reports show it."""
        where = f" on {self.resource}" if self.resource else ""
        condition = f" if {self.condition}" if self.condition else ""
        return f"{self.action}{where}{f' for {self.principal}' if self.principal else ''}{condition}"


def allowed(document: Any) -> tuple[set[Allowed], set[Allowed]]:
    """Give what a policy document allows and what it denies."""
    allows: set[Allowed] = set()
    denies: set[Allowed] = set()
    for statement in _many((document or {}).get("Statement")):
        (allows if statement.get("Effect") == "Allow" else denies).update(_expanded(statement))
    return allows, denies


def widened(old: set[Allowed], new: set[Allowed]) -> list[Allowed]:
    """Give what only the new statements allow, sorted."""
    return sorted(each for each in new - old if not any(_covers(wide, each) for wide in old))


def _expanded(statement: Body) -> Iterator[Allowed]:
    condition = statement.get("Condition")
    written = json.dumps(condition, sort_keys=True) if condition else ""
    negated = [key for key in ("NotAction", "NotResource", "NotPrincipal") if key in statement]
    if negated:
        yield Allowed("", "all but those of " + ", ".join(negated), _text(statement), written)
        return
    for principal in _principals(statement.get("Principal")):
        for action in _many(statement.get("Action")):
            for resource in _many(statement.get("Resource")) or [""]:
                yield Allowed(principal, _text(action), _text(resource), written)


def _principals(value: Any) -> list[str]:
    if value is None:
        return [""]
    if not isinstance(value, dict):
        return [_text(value)]
    return [f"{kind} {_text(each)}" for kind, names in value.items() for each in _many(names)]


def _many(value: Any) -> list[Any]:
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, sort_keys=True)


def _covers(wide: Allowed, narrow: Allowed) -> bool:
    return (
        (wide.principal in (narrow.principal, "*", "AWS *"))
        and _matches(wide.action.lower(), narrow.action.lower())
        and _matches(wide.resource, narrow.resource)
        and wide.condition in ("", narrow.condition)
    )


def _matches(pattern: str, text: str) -> bool:
    return pattern == text or fnmatchcase(text, pattern.replace("[", "[[]"))
