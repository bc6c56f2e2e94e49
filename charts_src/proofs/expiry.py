"""Pins past the end of their support, as the ledger of charts_src/ledger.py has it."""

from collections.abc import Sequence
from datetime import date

from charts_src.ledger import Pin, due
from charts_src.proofs.tree import Failure


def past(pins: Sequence[Pin], today: date) -> list[Failure]:
    """Find what is pinned and was not supported any more on a day, most urgent first."""
    return [
        Failure(f"{each.pin.name} {each.pin.value}", f"support ended {each.day}; pin a version that has it")
        for each in due(pins, today)
        if each.state == "past"
    ]
