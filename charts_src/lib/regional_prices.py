"""What Spot cost in each region on one day, and On-Demand what the newer table of us-east-1 does not have.

Source: regional_prices.json beside this file, which names its own source; tools/regional_prices.py writes it.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path


@dataclass(frozen=True)
class RegionalPrices:
    """Prices per hour in US dollars of Linux instances on one day, by region and instance type."""

    source: str
    date: str
    spot_per_hour: Mapping[str, Mapping[str, tuple[float, float]]]
    on_demand_per_hour: Mapping[str, Mapping[str, float]]

    def spot(self, region: str, instance_type: str) -> tuple[float, float] | None:
        """Give the lowest and the highest Spot price of the zones of a region; None when it is unknown."""
        return self.spot_per_hour.get(region, {}).get(instance_type)

    def on_demand(self, region: str, instance_type: str) -> float | None:
        """Give an On-Demand price that lib/prices.py does not have; None when it is unknown."""
        return self.on_demand_per_hour.get(region, {}).get(instance_type)


@cache
def regional_prices() -> RegionalPrices:
    """Read the table."""
    data = json.loads(Path(__file__).with_name("regional_prices.json").read_text(encoding="utf-8"))
    source = f"{data['source']['module']} {data['source']['version']}"
    spot = {
        region: {name: (low, high) for name, (low, high) in types.items()}
        for region, types in data["spot_per_hour"].items()
    }
    return RegionalPrices(source, data["date"], spot, data["on_demand_per_hour"])
