"""Finds chart packages on disk and reads what each says it is."""

import re
import tarfile
import zlib
from pathlib import Path
from typing import NamedTuple

import yaml

from charts_src.errors import UserError
from charts_src.helm.package import file_name

_CHART = re.compile(r"[^/]+/Chart\.yaml")
_UNREADABLE = (OSError, EOFError, zlib.error, tarfile.TarError, yaml.YAMLError, LookupError, TypeError)


class Package(NamedTuple):
    """A chart in an archive."""

    path: Path
    name: str
    version: str

    def __str__(self) -> str:
        """Name it for people."""
        return f"{self.name} {self.version}"


def packages(folder: Path) -> list[Package]:
    """Read the packages of a folder, by file name.

    Raises UserError when there are none, and for one that is no chart or is not named after its chart.
    """
    paths = sorted(folder.glob("*.tgz"))
    if not paths:
        raise UserError(f"{folder}: has no packages (*.tgz); run make charts")
    return [_read(path) for path in paths]


def _read(path: Path) -> Package:
    try:
        chart = yaml.safe_load(_chart(path))
        package = Package(path, chart["name"], chart["version"])
    except _UNREADABLE as error:
        raise UserError(f"{path}: is no package of a chart: {error}; remove it, run make charts") from error
    if path.name != file_name(package.name, package.version):
        raise UserError(f"{path}: holds {package}; remove it, run make charts")
    return package


def _chart(path: Path) -> bytes:
    with tarfile.open(path, "r:gz") as archive:
        for entry in archive.getmembers():  # all of them, or an archive that ends early would do
            if _CHART.fullmatch(entry.name) and (stream := archive.extractfile(entry)):
                return stream.read()
    raise LookupError("no Chart.yaml in it")
