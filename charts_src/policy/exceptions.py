"""The exceptions to the rules, each with its reason."""

from typing import Final

EXCEPTIONS: Final[dict[tuple[str, str, str], str]] = {
    ("restricted", "DaemonSet", "node-exporter"): (
        "reads network, processes and file systems of the node; it writes none and runs as nobody"
    ),
}
"""(rule, kind, name of the object) -> why the rule does not hold for it."""
