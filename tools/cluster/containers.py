"""A container without a container runtime: namespaces of its own, and this machine's files as its image.

It sees the files of this machine in a layer of its own (overlay), without /run, /tmp and the home of root,
and its volumes in their places. It has no capabilities, and its processes end with the one that started it.
"""

import os
import shlex
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

import pods

_SHARED = ("--net", "--uts", "--ipc")
_TOOLS = "/usr/sbin:/usr/bin:/sbin:/bin"


class Mount(NamedTuple):
    """What a container sees in another place."""

    source: Path
    target: str
    writable: bool = True


class Plan(NamedTuple):
    """All that a container is started from."""

    command: list[str]
    environ: dict[str, str]
    user: tuple[int, int, str]
    """User, group, further groups."""
    mounts: list[Mount]
    directory: str = "/"
    read_only: bool = False


class Container:
    """A container that runs, or has run."""

    def __init__(self, plan: Plan, sandbox: int, folder: Path, log: Path) -> None:
        """Start it in the network of a process; `folder` is an empty one for its layer."""
        folder.mkdir(parents=True, exist_ok=True)
        log.parent.mkdir(parents=True, exist_ok=True)
        self._plan = plan
        self._run = _as_user(plan)
        shared = ("nsenter", f"--target={sandbox}", *_SHARED)
        alone = ("unshare", "--mount", "--pid", "--fork", "--kill-child=KILL")
        script = "\n".join(_script(plan, folder))
        words = [*pods.WITH_US, *shared, *alone, "/bin/sh", "-c", script, "container", *self._run]
        with log.open("ab") as output:
            self._process = subprocess.Popen(
                [*words, *plan.command],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                env=plan.environ | {"PATH": _TOOLS},
                start_new_session=True,
            )

    def code(self) -> int | None:
        """Give its exit code; None while it runs. One that a signal ended has 128 and its number."""
        code = self._process.poll()
        return code if code is None or code >= 0 else 128 - code

    def exec(self, command: Sequence[str]) -> "subprocess.Popen[bytes]":
        """Start a command in it; its output goes nowhere."""
        inside = ("nsenter", f"--target={self._first()}", "--mount", "--pid", "--root", "--wd=/", *_SHARED)
        return subprocess.Popen(
            [*inside, *self._run, *command],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env=self._plan.environ | {"PATH": _TOOLS},
        )

    def terminate(self) -> None:
        """Ask its first process to end."""
        with suppress(ProcessLookupError, RuntimeError, FileNotFoundError):
            os.kill(self._first(), signal.SIGTERM)

    def kill(self) -> None:
        """End all its processes."""
        self._process.kill()

    def _first(self) -> int:
        return pods.child(self._process.pid)


def _as_user(plan: Plan) -> list[str]:
    """Give what runs a command as the container's user, with its PATH, which until then is ours."""
    setpriv, *options = pods.as_user(*plan.user)
    return [setpriv, *options, "/usr/bin/env", f"PATH={plan.environ['PATH']}"]


def _script(plan: Plan, folder: Path) -> Iterator[str]:
    """Give the lines of a script that makes the container's files and runs its arguments among them."""
    root = folder / "root"
    yield "set -eu"
    yield f"mount -t tmpfs -o mode=755 none {folder}"
    yield f"mkdir {folder}/upper {folder}/work {root}"
    layers = f"lowerdir=/,upperdir={folder}/upper,workdir={folder}/work"
    yield f"mount -t overlay overlay -o {layers} {root}"
    yield f"mount --rbind /dev {root}/dev"
    yield f"mount -t tmpfs -o mode=1777,size=64m none {root}/dev/shm"  # noqa: S108
    yield f"mount --rbind /sys {root}/sys"
    yield f"mount -t proc proc {root}/proc"
    yield f"mount -t tmpfs -o mode=755 none {root}/run"
    yield f"mount -t tmpfs -o mode=1777 none {root}/tmp"  # noqa: S108
    yield from _python(root)
    user, group, _ = plan.user
    yield f"printf %s {shlex.quote(pods.passwd('/tmp', user or pods.USER, group))} > {root}/etc/passwd"  # noqa: S108
    for mount in sorted(plan.mounts, key=lambda each: each.target):
        yield from _mount(mount, root)
    yield from _at(root, plan.directory)
    yield 'mkdir -p "$at"'
    if plan.read_only:
        yield f"mount -o remount,ro,bind {root}"
    inside = 'cd "$0" && exec "$@"'
    yield f'exec chroot {root} /bin/sh -c {shlex.quote(inside)} {shlex.quote(plan.directory)} "$@"'


def _python(root: Path) -> Iterator[str]:
    """Hide the folder that others can't enter and our Python is in, but for this Python."""
    python = Path(sys.base_prefix)
    if hidden := pods.closed(python):
        yield f"mount -t tmpfs -o mode=755 none {root}{hidden}"
        yield f"mkdir -p {root}{python}"
        yield f"mount --bind {python} {root}{python}"


def _mount(mount: Mount, root: Path) -> Iterator[str]:
    yield from _at(root, mount.target)
    if mount.source.is_dir():
        yield 'mkdir -p "$at"'
    else:
        yield 'mkdir -p "$(dirname "$at")"'
        yield '[ -e "$at" ] || touch "$at"'
    yield f'mount --bind {shlex.quote(str(mount.source))} "$at"'
    if not mount.writable:
        yield 'mount -o remount,ro,bind "$at"'


def _at(root: Path, target: str) -> Iterator[str]:
    """Set `at` to where a path of the container is: links in it lead to places of its own, not of ours."""
    yield f'at="{root}$(chroot {root} realpath -m -- {shlex.quote(target)})"'


def mounts_of(container: Mapping[str, object], volumes: Mapping[str, Path]) -> list[Mount]:
    """Read where a container has its volumes. Raises LookupError for one that the pod has not."""
    found = []
    for each in container.get("volumeMounts", ()):  # type: ignore[attr-defined]
        source = volumes[each["name"]] / each.get("subPath", "")
        if each.get("subPath") and not source.exists():
            source.mkdir(parents=True)
        found.append(Mount(source, each["mountPath"], not each.get("readOnly", False)))
    return found
