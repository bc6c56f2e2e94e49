"""Hashes that say whether anything has to be rendered again. Imports nothing slow."""

import hashlib
from collections.abc import Iterable, Iterator
from itertools import chain
from pathlib import Path

from charts_src import ROOT

LOCK = ROOT / "requirements.lock"
"""Exact versions and hashes of every Python package."""

_SOURCES = ROOT / "charts_src"
_CRDS = ROOT / "schemas" / "upstream" / "crds"


def of_text(text: str) -> str:
    """Hash a text."""
    return hashlib.sha256(text.encode()).hexdigest()


def of_files(paths: Iterable[Path]) -> str:
    """Hash the names and contents of files of the repository; a missing file has a mark of its own."""
    digest = hashlib.sha256()
    for path in sorted(paths):
        content = path.read_bytes() if path.is_file() else b"\0missing"
        digest.update(f"{path.relative_to(ROOT)}\0{len(content)}\0".encode() + content)
    return digest.hexdigest()


def of_trees(roots: Iterable[Path]) -> str:
    """Hash every file below the roots."""
    return of_files(chain.from_iterable(map(_files, roots)))


def of_inputs(environment: str) -> str:
    """Hash all that can change what an environment renders to: its two files and what all of them share."""
    files = [ROOT / "environments" / f"{name}.yaml" for name in ("base", environment)]
    return of_files([*files, *_files(_SOURCES), *_files(_CRDS), LOCK])


def of_module(module: str) -> str:
    """Hash the file of a module such as charts_src.components.namespaces."""
    return of_files([_file(module)])


def of_shared_code(modules: Iterable[str]) -> str:
    """Hash all that can change any component: every source but these modules, CRDs, and the lock file.

    The modules are those that define components, which do not import one another.
    """
    own = {_file(module) for module in modules}
    return of_files([*(path for path in _files(_SOURCES) if path not in own), *_files(_CRDS), LOCK])


def _file(module: str) -> Path:
    return ROOT.joinpath(*module.split(".")).with_suffix(".py")


def _files(root: Path) -> Iterator[Path]:
    return (path for path in root.rglob("*") if path.is_file() and "__pycache__" not in path.parts)
