"""Images of ours as they stand for this machine: its Python with the packages of the tests, and our own."""

import sys
from pathlib import Path

from charts_src import ROOT
from tools.cluster.pod_environ import Image

_ENVIRON = {
    "PYTHONDONTWRITEBYTECODE": "1",
    "PYTHONUNBUFFERED": "1",
    "HF_HUB_OFFLINE": "1",
    "OMP_NUM_THREADS": "1",
}
DEVIATIONS = {
    "HF_HUB_OFFLINE": "there is no network",
    "OMP_NUM_THREADS": "one thread for each process: the machine has few CPUs",
}
"""What is not so in the images, and why."""


def image(*sources: str, first: Path | None = None, **more: str) -> Image:
    """Give an image with our packages of some folders of images/, and more variables.

    Python looks for modules in `first` before all others.
    """
    paths = _paths(sources) if first is None else f"{first}:{_paths(sources)}"
    environ = {"PYTHONPATH": paths, **_ENVIRON, **more}
    return Image((str(Path(sys.executable).parent),), environ, directory="/tmp")  # noqa: S108


def image_with_packages(folder: Path, *sources: str) -> Image:
    """Give the same, but with our packages where Python finds them without a variable, as in llama2's image.

    What comes in over ssh has no variables of the container. `folder` is a new one for the command python.
    """
    folder.mkdir(parents=True)
    given = {"PYTHONPATH": _paths(sources), **_ENVIRON}
    script = ["#!/bin/sh", *(f"export {name}={value}" for name, value in given.items())]
    python = folder / "python"
    python.write_text("\n".join([*script, f'exec {sys.executable} "$@"', ""]), encoding="utf-8")
    python.chmod(0o755)
    place = "/opt/python"
    return Image((place,), {}, directory="/tmp", files={place: str(folder)})  # noqa: S108


def _paths(sources: tuple[str, ...]) -> str:
    return ":".join(str(ROOT / "images" / each / "src") for each in sources)
