"""Where the two sides of a comparison come from: a directory or a git revision."""

import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

from charts_src.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from charts_src.publish import Files


def read_tree(root: Path, suffix: str = ".yaml") -> "Files":
    """Read every file below a directory whose name ends so; paths are relative to it.

    Raises UserError when the directory is missing or a file is not UTF-8 text.
    """
    if not root.is_dir():
        raise UserError(f"{root}: no such directory; render the environment first")
    paths = sorted(path for path in root.rglob(f"*{suffix}") if path.is_file())
    return {path.relative_to(root).as_posix(): _text(str(path), path.read_bytes()) for path in paths}


def read_revision(repo: Path, revision: str, prefix: str, suffix: str = ".yaml") -> "Files":
    """Read every file below `prefix` (a directory, relative to `repo`) whose name ends so, as of a revision.

    Paths are relative to the prefix; a prefix that the revision does not have gives no files. However
    many files there are, git is started three times. Raises UserError when git does not know the revision.
    """
    commit = _commit(repo, revision)
    blobs = dict(_blobs(_git(repo, "ls-tree", "-r", "-z", commit, "--", f"{prefix}/"), f"{prefix}/", suffix))
    stream = _git(repo, "cat-file", "--batch", stdin="".join(f"{blob}\n" for blob in blobs.values()).encode())
    contents = _contents(stream)
    return {path: _text(f"{revision}:{prefix}/{path}", next(contents)) for path in blobs}


def _commit(repo: Path, revision: str) -> str:
    try:
        name = _git(repo, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}")
    except FileNotFoundError:
        raise UserError("git: not found; install git and put it on PATH") from None
    except subprocess.CalledProcessError as error:
        reason = error.stderr.decode(errors="replace").strip() or "unknown to git"
        raise UserError(
            f"revision {revision!r}: {reason}; name a commit, branch or tag of {repo} "
            "(a shallow clone has to fetch it first)"
        ) from None
    return name.decode().strip()


def _blobs(listing: bytes, prefix: str, suffix: str) -> "Iterator[tuple[str, str]]":
    """Give path and blob of each regular file with the suffix in the output of `git ls-tree -r -z`."""
    for entry in listing.decode(errors="replace").split("\0")[:-1]:
        attributes, _, path = entry.partition("\t")
        mode, _, blob = attributes.split()
        if mode.startswith("100") and path.endswith(suffix):
            yield path.removeprefix(prefix), blob


def _contents(stream: bytes) -> "Iterator[bytes]":
    """Split the output of `git cat-file --batch`: a line `<blob> blob <bytes>`, the bytes, a line feed."""
    position = 0
    while position < len(stream):
        start = stream.index(b"\n", position) + 1
        position = start + int(stream[position:start].split()[2])
        yield stream[start:position]
        position += 1


def _git(repo: Path, *arguments: str, stdin: bytes = b"") -> bytes:
    command = ["git", "-C", str(repo), *arguments]
    return subprocess.run(command, input=stdin, capture_output=True, check=True).stdout


def _text(name: str, content: bytes) -> str:
    try:
        return content.decode()
    except UnicodeDecodeError as error:
        raise UserError(
            f"{name}: not UTF-8 text at byte {error.start}; render the environment again"
        ) from None
