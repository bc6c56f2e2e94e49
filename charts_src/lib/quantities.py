"""Amounts as Kubernetes writes them: 500m, 4, 16Gi.

Source: k8s.io/apimachinery pkg/api/resource/quantity.go.
"""

import re
from decimal import Decimal
from math import ceil

_FACTORS = {
    "n": Decimal("1e-9"),
    "u": Decimal("1e-6"),
    "m": Decimal("1e-3"),
    "": Decimal(1),
    **{suffix: Decimal(1000) ** power for power, suffix in enumerate(("k", "M", "G", "T", "P", "E"), 1)},
    **{
        suffix: Decimal(1024) ** power for power, suffix in enumerate(("Ki", "Mi", "Gi", "Ti", "Pi", "Ei"), 1)
    },
}
_FORM = re.compile(r"([+-]?[0-9]*\.?[0-9]+(?:[eE][+-]?[0-9]+)?)(|n|u|m|k|[MGTPE]|[KMGTPE]i)")


def amount(quantity: str | float) -> Decimal:
    """Read a quantity in its base unit: CPUs, bytes, a number of things.

    Raises ValueError for a text that is none.
    """
    found = _FORM.fullmatch(str(quantity))
    if not found:
        raise ValueError(f"{quantity} is no quantity")
    return Decimal(found[1]) * _FACTORS[found[2]]


def millicores(quantity: str | float) -> int:
    """Read a quantity of CPU in thousandths, rounded up."""
    return ceil(amount(quantity) * 1000)


def mebibytes(quantity: str | float) -> int:
    """Read a quantity of memory or disk in MiB, rounded up."""
    return ceil(amount(quantity) / 1024**2)
