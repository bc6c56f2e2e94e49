"""Processes that end with the one that started them, however that one ends."""

import ctypes
import os
import signal
import subprocess
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import Self

_PR_SET_PDEATHSIG = 1
_LIBC = ctypes.CDLL(None, use_errno=True)
_KEPT = ("PATH", "HOME", "TMPDIR")
_ADDED = {"GOGC": "400", "GODEBUG": "madvdontneed=0"}
"""Programs in Go, as most are, spend less of their time on garbage and take some more memory for it; what
they free the kernel takes back when it needs it (MADV_FREE), not at once.
"""


class Process:
    """One running program, in a process group of its own; its output goes to `log`.

    It gets SIGKILL when the thread that started it ends, by prctl(2): so start what shall stay from the main
    thread.
    """

    def __init__(
        self, name: str, command: list[str], log: Path, environ: Mapping[str, str], cwd: Path
    ) -> None:
        """Start the program. Raises OSError when there is no such program."""
        self.name = name
        self.log = log
        self._start: Callable[[], subprocess.Popen[bytes]] = lambda: _popen(command, log, environ, cwd)
        self._process = self._start()

    @property
    def pid(self) -> int:
        """Number of the process; another one after a restart."""
        return self._process.pid

    def alive(self) -> bool:
        """Say whether the program runs."""
        return self._process.poll() is None

    def stop(self, seconds: float = 5) -> None:
        """Ask the program to end, and end all that is left of it when it has not after that time."""
        with self._whole():
            if self.alive():
                with suppress(ProcessLookupError):
                    os.killpg(self.pid, signal.SIGTERM)
                with suppress(subprocess.TimeoutExpired):
                    self._process.wait(seconds)
            self._kill_group()

    def kill(self) -> None:
        """End the program, its group, and what it started in other groups, at once."""
        with self._whole():
            self._kill_group()

    def _kill_group(self) -> None:
        with suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)
        self._process.wait()

    @contextmanager
    def _whole(self) -> Iterator[None]:
        """End, after the block, what the program had started before it, if it ran."""
        # Imported here: who only reads trees has this module too, and no psutil.
        from tools.cluster.descendants import descendants, kill

        left = descendants(self.pid) if self.alive() else []
        yield
        kill(left)

    def restart(self) -> None:
        """Start the same command again; what still runs of it is killed first."""
        self.kill()
        self._process = self._start()

    def tail(self, lines: int = 15) -> str:
        """Give the end of the log, for messages."""
        text = self.log.read_text(encoding="utf-8", errors="replace") if self.log.exists() else ""
        state = "runs" if self.alive() else f"ended with {self._process.returncode}"
        return "\n".join([f"{self.name} {state}; end of {self.log}:", *text.splitlines()[-lines:]])


class Processes:
    """Starts processes and, when its block ends, ends them in reverse order."""

    def __init__(self, folder: Path) -> None:
        """Take the folder for logs and temporary files; it is made when it is missing."""
        self.folder = folder
        self._started: list[tuple[Process, float]] = []
        folder.mkdir(parents=True, exist_ok=True)

    def start(
        self,
        name: str,
        *command: str | Path,
        environ: Mapping[str, str] | None = None,
        cwd: Path | None = None,
        grace: float = 5,
    ) -> Process:
        """Start a command; its environment is `environ` with PATH, HOME and TMPDIR of ours, and what all get.

        At the end it has `grace` seconds after SIGTERM; with 0 it is killed at once.
        """
        inherited = {key: os.environ[key] for key in _KEPT if key in os.environ}
        log = self.folder / f"{name}.log"
        words = [str(word) for word in command]
        process = Process(name, words, log, inherited | _ADDED | dict(environ or {}), cwd or self.folder)
        self._started.append((process, grace))
        return process

    def __iter__(self) -> Iterator[Process]:
        """Give what was started, in that order."""
        return (process for process, _ in self._started)

    def __enter__(self) -> Self:
        """Give itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End everything, the last started first."""
        while self._started:
            process, grace = self._started.pop()
            process.stop(grace) if grace else process.kill()


def _popen(command: list[str], log: Path, environ: Mapping[str, str], cwd: Path) -> subprocess.Popen[bytes]:
    parent = os.getpid()

    def die_with_parent() -> None:
        _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:  # it ended before the line above
            os._exit(1)

    with log.open("ab") as output:
        return subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=dict(environ),
            cwd=cwd,
            process_group=0,
            preexec_fn=die_with_parent,
        )
