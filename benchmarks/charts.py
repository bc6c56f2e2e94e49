"""The charts that Helm is measured with, and their releases: one for each component in an environment."""

from pathlib import Path
from typing import NamedTuple

from charts_src.helm.umbrella import NAME


class Release(NamedTuple):
    """A component in an environment."""

    chart: Path
    values: Path
    """Relative to the chart."""


def releases(charts: Path) -> list[Release]:
    """List what charts of components are installed as: once with each file in their folders of values.

    Raises FileNotFoundError where there are no charts.
    """
    found = [
        Release(path.parent.parent, Path("values", path.name))
        for path in charts.glob("*/values/*.yaml")
        if path.parent.parent.name != NAME
    ]
    if not found:
        raise FileNotFoundError(f"{charts}: has no charts; run make charts")
    return sorted(found, key=lambda release: (release.values, release.chart))
