"""`python -m tools.cluster up|down ENV`: a control plane with an environment on it, to look around in.

`up` starts a process that stays and keeps all others; its number and the kubeconfig are below .cache/cluster.
When that process ends, however it does, all others end too. An object that the API server refuses ends
nothing: it is told, and what there is can be looked at.
"""

import argparse
import fcntl
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from charts_src import ROOT
from charts_src.errors import UserError
from tools.cluster.nodes import environment_nodes
from tools.cluster.operators import OPERATORS, start_operator
from tools.cluster.plane import Plane, plane
from tools.cluster.responses import Refused
from tools.cluster.tree import install, tree
from tools.cluster.waiting import eventually

STATE = ROOT / ".cache" / "cluster"
_START, _APPLY = 60, 600
"""Longest seconds to start, and then to apply everything."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; gives the exit status: 2 with one line for a mistake of the user."""
    parser = argparse.ArgumentParser(prog="tools.cluster", description=__doc__)
    parser.add_argument("what", choices=("up", "down", "keep"))
    parser.add_argument("env")
    given = parser.parse_args(arguments)
    try:
        {"up": up, "down": down, "keep": keep}[given.what](given.env)
    except (UserError, TimeoutError) as error:
        print(error, file=sys.stderr)
        return 2
    return 0


def up(env: str) -> None:
    """Start a plane, apply the environment, and say how to look around.

    Raises UserError when the environment does not exist, TimeoutError with a log when it does not start.
    """
    folder = STATE / env
    if not (ROOT / "environments" / f"{env}.yaml").exists():
        raise UserError(f"ENV={env}: no such environment; there is no environments/{env}.yaml")
    if _keeper(folder):
        print(f"{env} is up already; make cluster-down ENV={env} ends it")
        _say(env, folder)
        return
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    log = folder / "keep.log"
    with log.open("wb") as output:
        command = [sys.executable, "-m", "tools.cluster", "keep", env]
        process = subprocess.Popen(
            command,
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )

    _wait_for(folder / "started", process, log, _START)
    _say(env, folder)
    _wait_for(folder / "applied", process, log, _APPLY)
    print((folder / "applied").read_text(encoding="utf-8"))


def _wait_for(file: Path, process: subprocess.Popen[bytes], log: Path, seconds: float) -> None:
    def settled() -> bool:
        return file.exists() or process.poll() is not None

    eventually(settled, seconds, lambda: f"not {file.name}\n{_tail(log)}")
    if process.poll() is not None:
        raise TimeoutError(f"ended before it was {file.name}:\n{_tail(log)}")


def down(env: str) -> None:
    """End the plane of an environment, if there is one."""
    folder = STATE / env
    pid = _keeper(folder)
    if not pid:
        shutil.rmtree(folder, ignore_errors=True)  # what is left of one that was killed
        print(f"{env} is not up")
        return
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGTERM)
    try:
        eventually(lambda: not _keeper(folder), 30, "")
    except TimeoutError:
        os.kill(pid, signal.SIGKILL)
    shutil.rmtree(folder, ignore_errors=True)
    print(f"{env} is down")


def keep(env: str) -> None:
    """Keep a plane until SIGTERM."""
    folder = STATE / env
    signal.signal(signal.SIGTERM, lambda *_: sys.exit())
    with (folder / "pid").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)  # held as long as this process lives
        file.write(str(os.getpid()))
        file.flush()
        with plane(folder / "plane") as running:
            for node in environment_nodes(env):
                running.api.create(node)
            shutil.copy(running.kubeconfig, folder / "kubeconfig")
            (folder / "started").touch()
            said = folder / "applied.new"
            said.write_text(_applied(running, env), encoding="utf-8")
            said.rename(folder / "applied")
            while all(process.alive() for process in running.processes):
                time.sleep(1)
            ended = next(process for process in running.processes if not process.alive())
            raise TimeoutError(f"{ended.tail()}")


def _applied(running: Plane, env: str) -> str:
    """Apply everything and start the operators; give what there is to say of it."""
    try:
        installed = install(running, tree(env))
    except Refused as error:
        return "\n".join([f"not all is applied: {error}", *getattr(error, "__notes__", ())])
    said = f"{len(installed.objects)} objects are applied"
    if os.geteuid() != 0:
        return f"{said}; operators run in a root of their own, which only root can give them: none runs"
    for operator in OPERATORS:
        start_operator(running, env, operator)
    return f"{said}; {', '.join(operator.deployment for operator in OPERATORS)} run"


def _keeper(folder: Path) -> int:
    """Give the number of the process that keeps a plane; 0 when none does."""
    with suppress(FileNotFoundError), (folder / "pid").open("r+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return int(file.read() or 0)
    return 0


def _say(env: str, folder: Path) -> None:
    print(f"export KUBECONFIG={folder / 'kubeconfig'}")
    print(f"kubectl get pods --all-namespaces   # make cluster-down ENV={env} ends it", flush=True)


def _tail(log: Path) -> str:
    text = log.read_text(encoding="utf-8", errors="replace") if log.exists() else ""  # down removes it
    return "\n".join(text.splitlines()[-20:])


if __name__ == "__main__":
    sys.exit(main())
