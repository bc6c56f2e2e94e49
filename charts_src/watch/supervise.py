"""Keeps a process that renders, and starts it anew for each edit of the code that it has loaded."""

import signal
import subprocess
import sys
from time import sleep
from typing import TYPE_CHECKING

from charts_src import ROOT, state
from charts_src.watch import stamps

if TYPE_CHECKING:
    from charts_src.watch.stamps import Stamps

INTERRUPTED = 130

_PAUSE = 0.25
"""Seconds between two looks at the code, which is hundreds of files."""

_CODE = (ROOT / "charts_src", ROOT / "schemas")


def supervise(names: list[str]) -> int:
    """Watch environments until Ctrl-C, and give the exit code; no process is left behind.

    A process of its own renders: it ends when it has rendered often, and is started anew. One that ends
    with a traceback is started anew once the code or an environment is edited; any other end is ours too.
    """
    signal.signal(signal.SIGINT, signal.default_int_handler)
    command = [sys.executable, "-m", "charts_src", "watch", *names, "--no-reload"]
    try:
        while True:
            code, environments = _code(), _environments()
            ended = _watched(subprocess.Popen(command), code)
            if _broke(ended):
                _wait_for_an_edit(code | environments)
            elif ended:
                return ended
    except KeyboardInterrupt:
        return INTERRUPTED


def _broke(exit_code: int) -> bool:
    """Tell code that cannot be imported, a bug and a kill from an end that was meant."""
    return exit_code in (1, 70) or exit_code < 0


def _watched(process: "subprocess.Popen[bytes]", loaded: "Stamps") -> int:
    """Give the exit code of a process, once it ends; one whose code has been edited is ended with 0."""
    try:
        while process.poll() is None:
            sleep(_PAUSE)
            if _code() != loaded:
                return 0
        return process.returncode
    finally:
        process.kill()
        process.wait()


def _wait_for_an_edit(seen: "Stamps") -> None:
    while _code() | _environments() == seen:
        sleep(_PAUSE)


def _code() -> "Stamps":
    return stamps.of_trees(_CODE) | stamps.of_files([ROOT / "requirements.lock"])


def _environments() -> "Stamps":
    return stamps.of_trees([state.ENVIRONMENTS])
