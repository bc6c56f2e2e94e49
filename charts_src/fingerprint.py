"""Hashes that say whether anything has to be rendered again. Imports nothing slow."""

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from itertools import chain
from pathlib import Path

from charts_src import ROOT

LOCK = ROOT / "requirements.lock"
"""Exact versions and hashes of every Python package."""

_SOURCES = ROOT / "charts_src"
BESIDE = (
    "cli.py",
    "commands.py",
    "diff",
    "expiry",
    "image_lock.py",
    "jobs.py",
    "ledger.py",
    "review",
    "scaffold.py",
    "schemas.py",
    "validate.py",
    "watch",
)
"""Sources that no render and no chart comes from: they read what is rendered, or are about other things."""

_CRDS = ROOT / "schemas" / "upstream" / "crds"


def of_text(text: str) -> str:
    """Hash a text."""
    return hashlib.sha256(text.encode()).hexdigest()


def of_files(paths: Iterable[Path]) -> str:
    """Hash the names and contents of files of the repository; a missing file has a mark of its own."""
    return of_contents({path: path.read_bytes() if path.is_file() else b"\0missing" for path in paths})


def of_contents(contents: Mapping[Path, bytes]) -> str:
    """Hash files of the repository as of_files does, whatever is on disk."""
    digest = hashlib.sha256()
    for path, content in sorted(contents.items()):
        digest.update(f"{path.relative_to(ROOT)}\0{len(content)}\0".encode() + content)
    return digest.hexdigest()


def of_trees(roots: Iterable[Path]) -> str:
    """Hash every file below the roots."""
    return of_files(chain.from_iterable(map(_files, roots)))


def of_inputs(environment: str) -> str:
    """Hash all that can change what an environment renders to: its two files and what all of them share."""
    decisions = of_files(ROOT / "environments" / f"{name}.yaml" for name in ("base", environment))
    return of_text("\0".join([decisions, *_shared().values()]))


def of_module(module: str) -> str:
    """Hash the file of a module such as charts_src.components.namespaces."""
    return _shared()[_file(module)]


def of_shared_code(modules: Iterable[str]) -> str:
    """Hash all that can change any component: the sources but these modules, CRDs, and the lock file.

    The modules are those that define components, which do not import one another.
    """
    own = {_file(module) for module in modules}
    return of_text("\0".join(digest for path, digest in _shared().items() if path not in own))


@cache
def _shared() -> dict[Path, str]:
    """Hash each source, each CRD and the lock file, once.

    Called before the code that renders is imported, it speaks of what will be imported: an edit that comes
    while rendering is not mistaken for rendered.
    """
    sources = (path for path in _files(_SOURCES) if path.relative_to(_SOURCES).parts[0] not in BESIDE)
    return {path: of_files([path]) for path in sorted([*sources, *_files(_CRDS), LOCK])}


def _file(module: str) -> Path:
    return ROOT.joinpath(*module.split(".")).with_suffix(".py")


def _files(root: Path) -> Iterator[Path]:
    return (path for path in root.rglob("*") if path.is_file() and "__pycache__" not in path.parts)
