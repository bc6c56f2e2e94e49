"""Charts that Helm is measured with, and their releases: one for each component in an environment."""

from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from benchmarks.sandbox import Sandbox
from charts_src.emit import emit


class Release(NamedTuple):
    """A component in an environment."""

    chart: Path
    values: Path
    """Relative to the chart."""


def releases(sandbox: Sandbox) -> list[Release]:
    """Write the charts of all components, and list what they are installed as."""
    return releases_of(write_charts(sandbox.components(), sandbox.folder / "dist" / "charts"))


def releases_of(charts: Path) -> list[Release]:
    """List what charts are installed as: once with each file in their folders of values."""
    found = [
        Release(path.parent.parent, Path("values", path.name)) for path in charts.glob("*/values/*.yaml")
    ]
    return sorted(found, key=lambda release: (release.values, release.chart))


def write_charts(components: Iterable[Path], folder: Path) -> Path:
    """Write a chart for each component, whose templates are the rendered files of every environment."""
    for manifests in components:
        env, chart = manifests.parent.name, folder / manifests.name
        for name in ("templates", "values"):
            (chart / name).mkdir(parents=True, exist_ok=True)
        (chart / "Chart.yaml").write_text(emit({"apiVersion": "v2", "name": chart.name, "version": "1.0.0"}))
        (chart / "values" / f"{env}.yaml").write_text(emit({"environment": env}))
        for file in manifests.iterdir():
            template = (
                f'{{{{ if eq .Values.environment "{env}" }}}}\n{escape(file.read_text())}{{{{ end }}}}\n'
            )
            (chart / "templates" / f"{env}-{file.name}").write_text(template)
    return folder


def escape(text: str) -> str:
    """Keep Helm from reading what looks like an action, such as {{ .Values.image }}."""
    return text.replace("{{", '{{ "{{" }}')
