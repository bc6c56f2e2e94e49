"""A copy of the repository that a benchmark may spoil, and processes in it."""

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from shutil import copy, copytree, ignore_patterns, rmtree
from subprocess import CalledProcessError
from time import perf_counter
from typing import NamedTuple

from charts_src import ROOT
from charts_src.objects import AWS_FOLDER

_INPUTS = ("charts_src", "environments", "schemas")
_OUTPUTS = ("rendered", "argocd", ".cache/units", ".cache/state")
"""What renders leave behind, but for .cache/jsii: the Node packages, unpacked from the installed wheels."""

_ENVIRONMENT = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
"""Python keeps its bytecode, unless it is told not to."""


class Run(NamedTuple):
    """What a process took, from its start to its end."""

    seconds: float
    megabytes: float
    """Resident memory at the peak, of the process itself or of the largest process that it waited for."""


def run(command: Sequence[str | Path], folder: Path) -> Run:
    """Run a command in `folder`. Raises CalledProcessError when it fails; its errors go to standard error."""
    start = perf_counter()
    process = subprocess.Popen(command, cwd=folder, env=_ENVIRONMENT, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    seconds = perf_counter() - start
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise CalledProcessError(process.returncode, list(map(str, command)))
    return Run(seconds, usage.ru_maxrss * 1024 / 1e6)  # Linux counts in KiB, getrusage(2)


class Sandbox:
    """What a render reads, copied; nothing is rendered there yet."""

    def __init__(self, folder: Path) -> None:
        """Copy the repository's inputs to a new folder."""
        self.folder = folder
        for name in _INPUTS:
            copytree(ROOT / name, folder / name, ignore=ignore_patterns("__pycache__"))
        copy(ROOT / "requirements.lock", folder)

    def python(self, *arguments: str) -> Run:
        """Run Python in the copy."""
        return run([sys.executable, *arguments], self.folder)

    def render(self, *arguments: str) -> Run:
        """Run a render in the copy."""
        return self.python("-m", "charts_src", "render", *arguments)

    def components(self) -> list[Path]:
        """List the folders of rendered manifests, one for each environment and component."""
        folders = (self.folder / "rendered").glob("*/*")
        return sorted(path for path in folders if path.is_dir() and path.name != AWS_FOLDER)

    def empty(self) -> None:
        """Delete what was rendered and cached; the unpacked Node packages stay."""
        for name in _OUTPUTS:
            rmtree(self.folder / name, ignore_errors=True)

    def cold_render(self) -> Run:
        """Render every component of every environment into an empty checkout."""
        self.empty()
        return self.render("--full", "all")

    def first_render(self) -> Run:
        """Do the same as the very first render after set-up, which has the Node packages to unpack."""
        rmtree(self.folder / ".cache", ignore_errors=True)
        return self.cold_render()
