"""Sums of dollars, some of which are not known."""

from collections.abc import Iterable
from typing import NamedTuple

HOURS_A_MONTH = 730


class Amount(NamedTuple):
    """What nodes cost per hour in US dollars, as far as it is known."""

    per_hour: float = 0.0
    """The most: On-Demand, and what the contract says of nodes that are only ever reserved."""
    low: float = 0.0
    """The least, as Karpenter buys them: Spot at its lowest where it may be, and reserved by contract."""
    high: float = 0.0
    """The same with Spot at its highest."""
    unknown: tuple[str, ...] = ()
    """Nodes without a known price, which no number here counts: `4 x trn2.48xlarge`."""

    def __str__(self) -> str:
        """Write the most it may be, with what is unknown beside it."""
        return f"{dollars(self.per_hour)}/h{self.beside}"

    @property
    def beside(self) -> str:
        """What has to be said beside each of the numbers; "" when all is known."""
        return f" and the unknown price of {', '.join(self.unknown)}" if self.unknown else ""

    @property
    def range(self) -> str:
        """As Karpenter buys them, from the least to the most."""
        low, high = dollars(self.low), dollars(self.high)
        return low if low == high else f"{low} to {high}"


def total(amounts: Iterable[Amount]) -> Amount:
    """Add amounts up."""
    found = Amount()
    for each in amounts:
        found = Amount(
            found.per_hour + each.per_hour,
            found.low + each.low,
            found.high + each.high,
            (*found.unknown, *each.unknown),
        )
    return found


def dollars(amount: float) -> str:
    """Write dollars and cents: $1,234.50."""
    return f"${amount:,.2f}"


def bound(limit: float | None) -> str:
    """Write a budget; `none` when there is none."""
    return "none" if limit is None else dollars(limit)


def monthly(per_hour: float) -> str:
    """Write what an hour's price comes to in a month of 730 hours, in whole dollars."""
    return f"${per_hour * HOURS_A_MONTH:,.0f}"


def signed(amount: float) -> str:
    """Write a change of dollars: +$86.00 or -$86.00."""
    return f"{'-' if amount < 0 else '+'}{dollars(abs(amount))}"
