"""Put a generated tree of files on disk: all of it or nothing of it.

The new tree is staged beside the target and the two are exchanged in one system call, so a run killed at any
moment leaves the old tree or the new one. Two trees (`rendered/prod` and `argocd/prod`) are two exchanges: a
kill between them leaves one new and one old, and the next run brings them together.

Nothing is fsynced: what a killed process wrote stays in the page cache. After a power failure, render again.
"""

import ctypes
import errno
import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from stat import S_ISREG

from charts_src.errors import UserError

Files = dict[str, str]
"""Relative POSIX path -> text."""

_RENAME_EXCHANGE = 2  # linux/fs.h; macOS' RENAME_SWAP in sys/stdio.h is 2 as well
_AT_FDCWD = -100  # linux/fcntl.h
_NO_EXCHANGE_HERE = (errno.ENOSYS, errno.EINVAL, errno.ENOTSUP, errno.EXDEV)


def publish(files: Files, target: Path) -> None:
    """Make `target` the folder that holds exactly `files`, as UTF-8; anything else in it is removed.

    Files get mode 0644 and folders 0755 whatever the umask. A tree that is as asked for is left alone.
    Publishers into one parent folder wait for each other. Where the file system cannot exchange two folders
    (some network and container mounts) files are replaced one by one: then only each file is atomic.

    Raises UserError if `target` or its parent is a link or no folder, and for what the system refuses (disk
    full, permission), naming the path; the old tree then stays. Raises ValueError for a path in `files` that
    is absolute, not normalised or leads out of `target`.
    """
    for path in files:
        if {"", ".", ".."} & set(path.split("/")):
            raise ValueError(f"{path!r} is not a normalised relative path")
    try:
        for folder in (target.parent, target):
            _refuse_all_but_a_folder(folder)
        target.parent.mkdir(parents=True, exist_ok=True)
        with _alone_in(target.parent):
            _replace(files, target)
    except OSError as error:
        fault = f"{error.filename or target}: {error.strerror or error}"
        raise UserError(
            f"{target}: cannot be written: {fault}; make room or permit it, then run again"
        ) from error


def replace_file(path: Path, text: str) -> None:
    """Make `text`, as UTF-8, all that the file holds. Raises OSError for what the system refuses."""
    stage = path.with_suffix(f".{os.getpid()}")
    stage.write_text(text, encoding="utf-8")
    stage.replace(path)


def put(stage: Path, target: Path) -> None:
    """Make a folder beside `target` the target, in one step if the file system can; the old one goes.

    Raises OSError for what the system refuses.
    """
    with _alone_in(target.parent):
        if target.exists() and not _exchange(stage, target):
            shutil.rmtree(target)
        if not target.exists():
            stage.rename(target)
        shutil.rmtree(stage, ignore_errors=True)


def _refuse_all_but_a_folder(path: Path) -> None:
    if path.is_symlink() or (path.exists() and not path.is_dir()):
        what = "a symbolic link" if path.is_symlink() else "not a folder"
        raise UserError(
            f"{path}: is {what}, but generated files go there; remove or rename it, then run again"
        )


@contextmanager
def _alone_in(folder: Path) -> Iterator[None]:
    """Wait for, then hold, the lock on `folder`. The kernel frees it when its holder dies."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _replace(files: Files, target: Path) -> None:
    stage = target.with_name(f".{target.name}.stage")
    if stage.exists():  # its owner was killed: a living one would hold the lock
        shutil.rmtree(stage)
    if _holds(target, files):
        return
    try:
        _write(files, stage)
        if not target.exists():
            stage.rename(target)
        elif not _exchange(stage, target):
            _replace_each(files, stage, target)
    finally:
        shutil.rmtree(stage, ignore_errors=True)


def _folders(files: Files) -> list[str]:
    """Return every folder that `files` need, parents first."""
    return sorted({str(parent) for path in files for parent in PurePosixPath(path).parents} - {"."})


def _holds(target: Path, files: Files) -> bool:
    """Tell whether `target` has the names and bytes of `files`, nothing executable, no other folder."""
    folders = _folders(files)
    found = 0
    for entry in target.rglob("*"):
        name = entry.relative_to(target).as_posix()
        if entry.is_dir() and not entry.is_symlink():
            if name not in folders:
                return False
        elif name not in files or not _is_file_of(entry, files[name]):
            return False
        else:
            found += 1
    return found == len(files) and target.is_dir()


def _is_file_of(path: Path, text: str) -> bool:
    status = path.lstat()
    return S_ISREG(status.st_mode) and not status.st_mode & 0o111 and path.read_bytes() == text.encode()


def _write(files: Files, stage: Path) -> None:
    for folder in (stage, *(stage / name for name in _folders(files))):
        folder.mkdir()
        folder.chmod(0o755)
    for name, text in files.items():
        with (stage / name).open("xb") as file:
            file.write(text.encode())
            os.fchmod(file.fileno(), 0o644)


def _exchange(stage: Path, target: Path) -> bool:
    """Swap two folders in one step, or return False if this system or file system cannot."""
    libc = ctypes.CDLL(None, use_errno=True)
    old, new = os.fsencode(target), os.fsencode(stage)
    if hasattr(libc, "renameat2"):  # Linux
        status: int = libc.renameat2(_AT_FDCWD, new, _AT_FDCWD, old, _RENAME_EXCHANGE)
    elif hasattr(libc, "renamex_np"):  # macOS
        status = libc.renamex_np(new, old, _RENAME_EXCHANGE)
    else:
        return False
    code = ctypes.get_errno()
    if status and code not in _NO_EXCHANGE_HERE:
        raise OSError(code, os.strerror(code), str(target))
    return status == 0


def _replace_each(files: Files, stage: Path, target: Path) -> None:
    folders = _folders(files)
    for entry in sorted(target.rglob("*"), reverse=True):
        name = entry.relative_to(target).as_posix()
        if entry.is_symlink() or not entry.is_dir():
            if name not in files:
                entry.unlink()
        elif name not in folders:
            entry.rmdir()
    for name in folders:
        (target / name).mkdir(exist_ok=True)
    for name in files:
        (stage / name).replace(target / name)
