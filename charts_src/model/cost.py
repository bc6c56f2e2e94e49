"""The section of cost: what an environment may cost, and what its own contracts say that nodes cost.

Nothing of it is rendered; the review of a pull request reads it.
"""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Annotated

from pydantic import Field

from charts_src.lib.instances import names, unknown_type
from charts_src.model.base import Model, Problem, matching

PerHour = Annotated[float, Field(gt=0)]
"""US dollars per hour."""

InstanceName = Annotated[str, Field(min_length=1)]
"""EC2 instance type, such as trn1.32xlarge."""


def _day(text: str) -> str | None:
    try:
        return None if date.fromisoformat(text).isoformat() == text else "is not written as 2026-11-01"
    except ValueError:
        return "is no date; write one such as 2026-11-01, in quotes"


Day = Annotated[str, matching(_day)]
"""Date, in quotes because YAML readers disagree about dates."""


class SpotRange(Model):
    """What Spot cost in the region: the lowest and the highest price of an hour that you have seen."""

    low: PerHour
    """Lowest price per hour in US dollars."""

    high: PerHour
    """Highest price per hour in US dollars."""

    def problems(self) -> Iterable[Problem]:
        """Find a range that is none."""
        if self.low > self.high:
            yield Problem(("low",), f"{self.low} is above high {self.high}; exchange them")


class OwnPrices(Model):
    """Prices per hour in US dollars that are yours, by instance type; they win over the tables.

    Tables have On-Demand prices of us-east-1, and what Spot once cost in each region. What a reservation
    costs, only your contract says.
    """

    date: Day
    """Day on which they were true."""

    on_demand: Mapping[InstanceName, PerHour] = {}
    """On-Demand prices of the region."""

    spot: Mapping[InstanceName, SpotRange] = {}
    """Spot prices of the region."""

    reserved: Mapping[InstanceName, PerHour] = {}
    """Prices of a node of a capacity reservation or a capacity block."""

    def problems(self) -> Iterable[Problem]:
        """Find instance types that don't exist."""
        for field in ("on_demand", "spot", "reserved"):
            for name in getattr(self, field):
                if name not in names():
                    yield Problem((field, name), unknown_type(name))


class Budget(Model):
    """What the nodes of the environment may cost per hour in US dollars; a review that finds more fails."""

    ceiling_per_hour: PerHour | None = None
    """Most that all nodes together may cost when every pool is at its limit, On-Demand; no bound unless
    set."""

    expected_per_hour: PerHour | None = None
    """Most that the nodes of what always runs may cost with services at their fewest copies, On-Demand; no
    bound unless set."""


class Cost(Model):
    """What the nodes may cost, and prices that are yours."""

    budget: Budget = Budget()
    """What the nodes may cost."""

    prices: OwnPrices | None = None
    """Prices of your region and of your contracts."""
