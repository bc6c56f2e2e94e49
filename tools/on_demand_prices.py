"""Derive charts_src/lib/prices.json from the On-Demand prices that Karpenter's AWS provider carries.

The provider is built with a table of Linux prices per hour of us-east-1, which its authors draw from the AWS
price list. No other region of the commercial partition is in it, and no type that us-east-1 does not sell:

    python -m tools.on_demand_prices "$(go mod download -json MODULE@VERSION | jq -r .Dir)"
"""

import json
import re
import sys
from pathlib import Path

MODULE = "github.com/aws/karpenter-provider-aws"
VERSION = "v1.15.1"
REGION = "us-east-1"
TABLE = Path(__file__).parents[1] / "charts_src" / "lib" / "prices.json"

_FILE = "pkg/providers/pricing/zz_generated.pricing_aws.go"
_GENERATED = re.compile(r"^// generated at (\d{4}-\d\d-\d\d)T\S+ for (\S+)$", re.MULTILINE)
_REGION = re.compile(r'^\t"([a-z0-9-]+)": \{\n(.*?)^\t\},$', re.MULTILINE | re.DOTALL)
_PRICE = re.compile(r'"([a-z0-9-]+\.[a-z0-9-]+)": ([0-9.]+)')


def table(source: str) -> dict[str, object]:
    """Read the Go source of the table; raises ValueError when it does not look as expected."""
    generated, regions = _GENERATED.search(source), dict(_REGION.findall(source))
    if generated is None or list(regions) != [REGION]:
        raise ValueError(f"expected prices of {REGION} alone, with their date; found {list(regions)}")
    prices = {name: float(price) for name, price in _PRICE.findall(regions[REGION])}
    return {
        "source": {"module": MODULE, "version": VERSION, "file": _FILE},
        "date": generated[1],
        "region": REGION,
        "currency": "USD",
        "per_hour": dict(sorted(prices.items())),
    }


def main(module: Path) -> None:
    """Write the table from an unpacked module; exits when it is another version."""
    if not module.name.endswith(f"@{VERSION}"):
        raise SystemExit(f"{module}: expected {MODULE}@{VERSION}")
    found = table((module / _FILE).read_text(encoding="utf-8"))
    TABLE.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
