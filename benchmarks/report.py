"""Answers -> benchmarks/README.md."""

import json
import os
import platform
import re
import subprocess
from collections.abc import Sequence
from pathlib import Path

from benchmarks.measure import Answer, Row
from charts_src import ROOT

_INTRODUCTION = """\
# Benchmarks

`make benchmark` measures and writes this file, in about ten minutes on two idle cores.

What is compared takes turns (A B A B), in processes of its own unless said otherwise, and a ratio is taken
within one round. Times are wall-clock. A busy machine still flatters a render beside Helm: trust these ratios
only where the load at the start, a number of processes, is well below the number of cores. Everything runs in
a copy of the repository.
"""

_MODULES = (
    ("Helm", "helm", "helm.sh/helm/v3"),
    ("Helm", "helm4", "helm.sh/helm/v4"),
    ("kustomize", "kustomize", "sigs.k8s.io/kustomize/kustomize/v5"),
)
"""Peers: name, folder in tools/, Go module."""

_NPM = Path(__file__).with_name("cdk8s_cli") / "package.json"
"""The peers that npm installs."""


def to_markdown(answers: Sequence[Answer], machine: str) -> str:
    """Write the whole file."""
    return "\n".join([_INTRODUCTION, f"Measured on: {machine}.", *map(section, answers)])


def section(answer: Answer) -> str:
    """Write the section of one benchmark."""
    table = ["| | median | lowest to highest | runs |", "|---|--:|--:|--:|", *map(_line, answer.rows)]
    targets = [f"- {target.text}: **{'met' if target.met else 'missed'}**" for target in answer.targets]
    return "\n".join(["", f"## {answer.question}", "", answer.how, "", *table, "", *targets])


def _line(row: Row) -> str:
    low, high = (_number(value, row.unit) for value in (min(row.values), max(row.values)))
    spread = f"{low} to {high}" if len(row.values) > 1 else ""
    median = f"{_number(row.median, row.unit)} {row.unit}"
    return f"| {row.what} | {median} | {spread} | {len(row.values)} |"


def _number(value: float, unit: str) -> str:
    return f"{value:.0f}" if unit in ("ms", "MB") else f"{value:.2f}"


def machine() -> str:
    """Describe what the measurements depend on as it is now, without naming the host."""
    node = subprocess.run([os.environ["JSII_NODE"], "--version"], capture_output=True, text=True, check=True)
    return ", ".join(
        [
            f"{os.cpu_count()} cores ({platform.machine()}, {platform.system()})",
            f"Python {platform.python_version()}",
            f"Node {node.stdout.strip().removeprefix('v')}",
            *(f"{name} {_pinned(file, module)}" for name, file, module in _MODULES),
            *(f"{name} {version}" for name, version in json.loads(_NPM.read_text())["dependencies"].items()),
            f"load {os.getloadavg()[0]:.1f} at the start",
        ]
    )


def _pinned(folder: str, module: str) -> str:
    found = re.search(rf"{re.escape(module)} v(\S+)", (ROOT / "tools" / folder / "go.mod").read_text())
    return found[1] if found else "unknown"
