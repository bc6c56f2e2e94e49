"""What a node costs per hour, by how it is bought: an environment's own prices first, then the tables."""

from collections.abc import Iterable
from dataclasses import dataclass

from charts_src.lib.prices import prices
from charts_src.lib.regional_prices import regional_prices
from charts_src.model import Environment
from charts_src.model.cost import OwnPrices
from charts_src.review.cost.amounts import Amount

RESERVED, SPOT, ON_DEMAND = "reserved", "spot", "on-demand"
PREFERRED = (RESERVED, SPOT, ON_DEMAND)
"""Ways to buy a node in the order in which Karpenter takes them."""


@dataclass(frozen=True)
class Rates:
    """Prices of one environment."""

    region: str
    own: OwnPrices | None

    @classmethod
    def of(cls, env: Environment) -> "Rates":
        """Give the prices of an environment."""
        return cls(env.aws.region, env.cost.prices)

    def on_demand(self, instance_type: str) -> float | None:
        """Give the On-Demand price; None when it is unknown."""
        if self.own and instance_type in self.own.on_demand:
            return self.own.on_demand[instance_type]
        found = prices().of(instance_type)
        return regional_prices().on_demand(self.region, instance_type) if found is None else found

    def spot(self, instance_type: str) -> tuple[float, float] | None:
        """Give the lowest and the highest known Spot price; None when there is none."""
        if self.own and instance_type in self.own.spot:
            return self.own.spot[instance_type].low, self.own.spot[instance_type].high
        return regional_prices().spot(self.region, instance_type)

    def reserved(self, instance_type: str) -> float | None:
        """Give the price of a reservation; None unless the environment says it."""
        return self.own.reserved.get(instance_type) if self.own else None

    def most(self, instance_type: str, ways: Iterable[str]) -> float | None:
        """Give the most that a node costs that may be bought in these ways; None when it is unknown."""
        contract = self.reserved(instance_type)
        return contract if set(ways) == {RESERVED} and contract else self.on_demand(instance_type)

    def node(self, instance_type: str, ways: Iterable[str]) -> Amount:
        """Give what a node costs that may be bought in these ways.

        What has no price of its own counts as On-Demand: Spot is never dearer.
        """
        ways = set(ways)
        most = self.most(instance_type, ways)
        if most is None:
            return Amount(unknown=(f"1 x {instance_type}",))
        way = next(each for each in PREFERRED if each in ways)
        if way == SPOT and (spot := self.spot(instance_type)):
            return Amount(most, min(spot[0], most), min(spot[1], most))
        contract = self.reserved(instance_type) if way == RESERVED else None
        return Amount(most, contract or most, contract or most)
