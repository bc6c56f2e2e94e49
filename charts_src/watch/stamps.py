"""What a file system says of files without reading them.

It is asked again and again: that works on every file system, shared folders of containers too, where nobody
is told of edits, and finds a file by its name however an editor replaces it.
"""

import os
from collections.abc import Iterable, Iterator
from pathlib import Path

Stamps = dict[str, tuple[int, int, int]]
"""Path -> inode, size and time of the last change; a file that is not there is left out."""


def of_files(paths: Iterable[Path]) -> Stamps:
    """Stamp files."""
    return {str(path): stamp for path in paths if (stamp := _stamp(path))}


def of_trees(roots: Iterable[Path]) -> Stamps:
    """Stamp every file below the roots, but for bytecode and what editors put beside a file."""
    return {entry.path: stamp for root in roots for entry in _files(root) if (stamp := _stamp(entry))}


def differing(old: Stamps, new: Stamps) -> list[str]:
    """Name the files that were edited, made or deleted in between, sorted."""
    return sorted(path for path in old.keys() | new.keys() if old.get(path) != new.get(path))


def _files(root: str | Path) -> Iterator[os.DirEntry[str]]:
    try:
        with os.scandir(root) as listing:
            entries = list(listing)
    except OSError:  # it is being replaced; the next look finds the new one
        return
    for entry in entries:
        if entry.is_dir(follow_symlinks=False):
            if entry.name != "__pycache__":
                yield from _files(entry.path)
        elif not entry.name.startswith(".") and not entry.name.endswith("~"):
            yield entry


def _stamp(file: "Path | os.DirEntry[str]") -> tuple[int, int, int] | None:
    try:
        status = file.stat()
    except OSError:
        return None
    return status.st_ino, status.st_size, status.st_mtime_ns
