"""What a process started, also in groups and sessions of its own."""

from collections.abc import Iterable
from contextlib import suppress

import psutil


def descendants(pid: int) -> list[psutil.Process]:
    """Give what a process started and what that did; nothing of one that has ended: others have that then."""
    found: list[psutil.Process] = []
    with suppress(psutil.NoSuchProcess):
        found = psutil.Process(pid).children(recursive=True)
    return found


def kill(processes: Iterable[psutil.Process]) -> None:
    """End those of some processes at once that still run."""
    for each in processes:
        with suppress(psutil.NoSuchProcess):
            each.kill()
