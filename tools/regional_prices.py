"""Derive charts_src/lib/regional_prices.json from a copy of ec2instances.info in a Go module.

It carries the prices of Linux of every region on one day: what each zone asked for Spot, and On-Demand. Kept
are the types of instance_types.json where they are offered: the range of Spot over the zones, and the
On-Demand price of what the newer table of us-east-1 (tools/on_demand_prices.py) does not have:

    python -m tools.regional_prices "$(go mod download -json MODULE@VERSION | jq -r .Dir)"
"""

import json
import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from charts_src.lib.instances import InstanceType, instance, names
from charts_src.lib.prices import prices

MODULE = "github.com/cristim/ec2-instances-info"
VERSION = "v0.0.0-20250528091325-32acf84f42eb"
DATE = "2025-05-28"
"""Day of the commit, as the version has it."""
TABLE = Path(__file__).parents[1] / "charts_src" / "lib" / "regional_prices.json"

_FILE = "data/instances.json"


def table(described: Iterable[Mapping[str, Any]]) -> dict[str, object]:
    """Give the table of some instance types; raises ValueError for a Spot price that is no range."""
    spot: dict[str, dict[str, list[float]]] = {}
    on_demand: dict[str, dict[str, float]] = {}
    for item, region, price in sorted(_prices(described), key=lambda each: (each[1], each[0].name)):
        if "spot_min" in price:
            spot.setdefault(region, {})[item.name] = _range(item, price)
        if "ondemand" in price and prices().of(item.name) is None:
            on_demand.setdefault(region, {})[item.name] = float(price["ondemand"])
    return {
        "source": {"module": MODULE, "version": VERSION, "file": _FILE},
        "date": DATE,
        "currency": "USD",
        "spot_per_hour": spot,
        "on_demand_per_hour": on_demand,
    }


def _prices(described: Iterable[Mapping[str, Any]]) -> Iterator[tuple[InstanceType, str, Mapping[str, Any]]]:
    for each in described:
        if each["instance_type"] in names():
            item = instance(each["instance_type"])
            for region in item.offerings:
                if price := each["pricing"].get(region, {}).get("linux"):
                    yield item, region, price


def _range(item: InstanceType, price: Mapping[str, Any]) -> list[float]:
    low, high = float(price["spot_min"]), float(price["spot_max"])
    if not 0 < low <= high:
        raise ValueError(f"{item.name}: {low} to {high} is no range of prices")
    return [low, high]


def written(found: dict[str, object]) -> str:
    """Write the table, with a range on one line."""
    text = json.dumps(found, indent=1)
    return text.replace("[\n    ", "[").replace(",\n    ", ", ").replace("\n   ]", "]") + "\n"


def main(module: Path) -> None:
    """Write the table from an unpacked module; exits when it is another version."""
    if not module.name.endswith(f"@{VERSION}"):
        raise SystemExit(f"{module}: expected {MODULE}@{VERSION}")
    found = table(json.loads((module / _FILE).read_text(encoding="utf-8")))
    TABLE.write_text(written(found), encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
