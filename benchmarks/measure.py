"""Measurements that hold on a busy machine: alternatives take turns, ratios are taken within one round."""

from collections.abc import Callable, Mapping
from statistics import median
from typing import NamedTuple, TypeVar

Name = TypeVar("Name")
Result = TypeVar("Result")


class Row(NamedTuple):
    """One line of a table: what was measured, once for each round."""

    what: str
    values: list[float]
    unit: str
    """s, ms, MB, or x for a ratio."""

    @property
    def median(self) -> float:
        """Give the middle value."""
        return median(self.values)


class Target(NamedTuple):
    """What a measurement should come to."""

    text: str
    met: bool


class Answer(NamedTuple):
    """What one benchmark found."""

    question: str
    how: str
    """One paragraph: what runs, and what counts."""
    rows: list[Row]
    targets: list[Target]


def interleave(alternatives: Mapping[Name, Callable[[], Result]], rounds: int) -> dict[Name, list[Result]]:
    """Measure each alternative once in each round: A B C A B C."""
    found: dict[Name, list[Result]] = {name: [] for name in alternatives}
    for _ in range(rounds):
        for name, alternative in alternatives.items():
            found[name].append(alternative())
    return found


def ratio(what: str, above: list[float], below: list[float]) -> Row:
    """Divide round by round."""
    return Row(what, [a / b for a, b in zip(above, below, strict=True)], "x")
