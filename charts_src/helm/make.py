"""What `make charts` does: charts of all components and of the platform, as folders and as packages."""

import shutil
import tomllib
from collections.abc import Callable, Mapping
from pathlib import Path

from charts_src import ROOT, config, state
from charts_src.helm.build import charts
from charts_src.helm.package import file_name, package
from charts_src.helm.umbrella import NAME, umbrella
from charts_src.model import Environment
from charts_src.publish import Files, put
from charts_src.registry import COMPONENTS


def version() -> str:
    """Give the version of all charts: that of the project."""
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    return str(tomllib.loads(text)["project"]["version"])


def make(folder: Path, say: Callable[[str, int], None]) -> int:
    """Put the charts and their packages into `folder`, in place of what is there; give how many.

    Raises UserError for a mistake in an environment; then the folder is as it was.
    """
    environments = config.load_all(state.ENVIRONMENTS)
    found = charts(environments, version(), say=say)
    files = {name: one.files for name, one in found.items()}
    files[NAME] = umbrella(found, environments, having(environments))
    stage = folder.with_name(f".{folder.name}.stage")
    shutil.rmtree(stage, ignore_errors=True)
    for name, each in files.items():
        write_files(stage / name, each)
        (stage / file_name(name, version())).write_bytes(package(name, version(), each))
    put(stage, folder)
    return len(files)


def having(environments: Mapping[str, Environment]) -> dict[str, set[str]]:
    """Say which components each environment has."""
    return {
        name: {each.name for each in COMPONENTS if each.enabled(env)} for name, env in environments.items()
    }


def write_files(folder: Path, files: Files) -> None:
    """Write the files of a chart."""
    for path, text in files.items():
        file = folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")


__all__ = ["NAME", "having", "make", "version", "write_files"]
