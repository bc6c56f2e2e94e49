"""Amounts that become ten times as much, or a tenth: a digit too many, Mi for Gi, a lost m."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any, Final

from charts_src.lib.quantities import amount
from charts_src.review.finding import Finding
from charts_src.review.gates.leaves import leaves
from charts_src.review.sides import Pair

_GATE = "leaps"

FACTOR: Final = 10
"""From what factor on a change has to be confirmed; scaling in the course of things stays below."""

_NAMES: Final = ("port", "user", "group", "id", "mode", "priority", "value", "weight", "version")
"""Ends of fields whose numbers are names or ranks, not amounts."""


def gate(pair: Pair) -> Iterator[Finding]:
    """Find amounts of an object that leap."""
    for change in pair.changes:
        if change.status == "changed" and change.identity.kind != "CustomResourceDefinition":
            for leaf in leaves(change):
                before, after = _amount(leaf.key, leaf.old), _amount(leaf.key, leaf.new)
                if before and after and not 1 / Decimal(FACTOR) < after / before < FACTOR:
                    message = (
                        f"goes from {leaf.old} to {leaf.new}: check the digits and the unit, or sign it off"
                    )
                    yield Finding(_GATE, change.identity, leaf.path, message)


def _amount(key: str, value: Any) -> Decimal | None:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    if key.lower().endswith(_NAMES):
        return None
    try:
        return amount(value)
    except ValueError:
        return None
