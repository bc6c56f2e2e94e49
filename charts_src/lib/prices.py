"""On-Demand prices of EC2 instances, where one is known.

Source: prices.json beside this file, which names its own source; tools/on_demand_prices.py writes it.
"""

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path


@dataclass(frozen=True)
class Prices:
    """Prices per hour in US dollars of Linux instances of one region on one day."""

    source: str
    date: str
    region: str
    per_hour: dict[str, float]

    def of(self, instance_type: str) -> float | None:
        """Give the price of an instance type; None when it is unknown."""
        return self.per_hour.get(instance_type)

    def note(self, region: str) -> str:
        """Say where the prices are from, and what that means for a region."""
        text = f"On-Demand prices of {self.region}, Linux, {self.date}; {self.source}"
        return (
            text if region == self.region else f"{text}. The nodes are in {region}, where prices may differ"
        )


@cache
def prices() -> Prices:
    """Read the table."""
    data = json.loads(Path(__file__).with_name("prices.json").read_text(encoding="utf-8"))
    source = f"{data['source']['module']} {data['source']['version']}"
    return Prices(source, data["date"], data["region"], data["per_hour"])
