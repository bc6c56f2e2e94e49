"""Where built tools are. Stand-in: reads the table that BINARIES names, name<TAB>path."""

import os
from pathlib import Path

from charts_src.errors import UserError


def binary(name: str) -> Path:
    """Give the path of a built tool; raises UserError when it is missing."""
    table = Path(os.environ.get("BINARIES", "/work/wt/BINARIES"))
    lines = table.read_text(encoding="utf-8").splitlines() if table.exists() else []
    found = dict(line.split("\t") for line in lines if "\t" in line)
    if name not in found:
        raise UserError(f"{name} is not built; run make tools")
    return Path(found[name])
