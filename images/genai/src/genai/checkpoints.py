"""Checkpoints that are whole or not there: folders step-<n>, each with a list of its files and their hashes.

All processes of a job write into one stage; when all are done, one of them seals it: hashes its files, writes
the list and renames the folder. A reader trusts a checkpoint only when every file on the list reads back as
it was written, so a torn one is passed over.
"""

import hashlib
import json
import logging
import os
import re
import shutil
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

LIST = "files.json"
"""Name of the list: path in the checkpoint -> sha256. It is written last."""

_NAME = re.compile(r"step-(\d{10})")
_THREADS = 8

log = logging.getLogger(__name__)


class Checkpoint(NamedTuple):
    """A checkpoint on disk."""

    step: int
    folder: Path


def stage(root: Path, step: int) -> Path:
    """Give the folder into which a checkpoint is written; what an earlier try left there is removed.

    One process calls this, before the others write.
    """
    folder = root / f"{_name(step)}.new"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder


def staged(root: Path, step: int) -> Path:
    """Give the same folder to the other processes."""
    return root / f"{_name(step)}.new"


def seal(root: Path, step: int) -> Checkpoint:
    """Make a checkpoint of the stage; one process calls this, when all have written."""
    folder = staged(root, step)
    names = sorted(_files(folder))
    with ThreadPoolExecutor(_THREADS) as pool:
        hashes = dict(zip(names, pool.map(lambda name: _hash(folder / name), names), strict=True))
    with (folder / LIST).open("w", encoding="utf-8") as file:
        json.dump(hashes, file, indent=1)
        file.flush()
        os.fsync(file.fileno())
    target = root / _name(step)
    shutil.rmtree(target, ignore_errors=True)
    folder.rename(target)
    return Checkpoint(step, target)


def all_of(root: Path) -> list[Checkpoint]:
    """Give the checkpoints below `root`, good or not, the newest first."""
    found = []
    for folder in root.glob("step-*"):
        match = _NAME.fullmatch(folder.name)
        if match and folder.is_dir():
            found.append(Checkpoint(int(match[1]), folder))
    return sorted(found, reverse=True)


def newest_good(root: Path) -> Checkpoint | None:
    """Give the newest checkpoint that reads back as it was written; each newer, broken one gets a warning."""
    for each in all_of(root):
        problem = broken(each)
        if problem is None:
            return each
        log.warning("checkpoint %s is passed over: %s", each.folder, problem)
    return None


def broken(checkpoint: Checkpoint) -> str | None:
    """Say what is wrong with a checkpoint; None when nothing is."""
    try:
        hashes = json.loads((checkpoint.folder / LIST).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return f"{LIST} can't be read"
    if not isinstance(hashes, dict) or not hashes:
        return f"{LIST} lists nothing"
    with ThreadPoolExecutor(_THREADS) as pool:
        problems = pool.map(lambda item: _problem(checkpoint.folder, *item), sorted(hashes.items()))
        return next((problem for problem in problems if problem), None)


def prune(root: Path, keep: int) -> list[Path]:
    """Remove all but the `keep` newest good checkpoints, and broken ones and stages older than these.

    Gives what was removed. With fewer good ones than `keep` nothing is removed.
    """
    good = [each for each in all_of(root) if broken(each) is None][:keep]
    if len(good) < keep:
        return []
    oldest = good[-1].step
    removed = [each.folder for each in all_of(root) if each.step < oldest]
    removed += [folder for folder in root.glob("step-*.new") if folder.name < _name(oldest)]
    for folder in removed:
        shutil.rmtree(folder)
    return removed


def _name(step: int) -> str:
    return f"step-{step:010d}"


def _files(folder: Path) -> Iterator[str]:
    return (str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def _problem(folder: Path, name: str, wanted: str) -> str | None:
    try:
        found = _hash(folder / name)
    except OSError:
        return f"{name} can't be read"
    return None if found == wanted else f"{name} is not what was written"


def _hash(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
