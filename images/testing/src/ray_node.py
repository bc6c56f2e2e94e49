"""A Ray node that sees only its own processes, as in a container: `ray stop` there ends no other one's."""

import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import NamedTuple

_START = """
ray start --head --node-ip-address=127.0.0.1 --disable-usage-stats "$@" || exit 1
while :; do sleep 1 & wait; done
"""


_BYTECODE = {
    "PYTHONDONTWRITEBYTECODE": "",
    "PYTHONPYCACHEPREFIX": str(Path(__file__).parents[3] / ".cache" / "bytecode"),
}
"""Lets the many processes of a node compile what they import once, and not into their environment."""


class Node(NamedTuple):
    """A node that runs."""

    pid: int
    """Of the first process in its namespace, as seen from outside."""
    dashboard: str
    """URL of the dashboard."""
    metrics: str
    """URL of the metrics for Prometheus."""
    environment: dict[str, str]

    def command(self, words: list[str], timeout: float = 60) -> "subprocess.CompletedProcess[str]":
        """Run a command among the processes of the node."""
        inside = ["nsenter", "--target", str(self.pid), "--pid", "--mount", *words]
        return subprocess.run(
            inside, env=self.environment, capture_output=True, text=True, timeout=timeout, check=False
        )

    def processes(self) -> list[str]:
        """Name the processes of Ray that run."""
        found = self.command(["ps", "-eo", "stat=,comm="]).stdout.splitlines()
        alive = [line.split(None, 1)[1] for line in found if line.strip() and not line.startswith("Z")]
        return [name for name in alive if name.startswith(("raylet", "gcs_server", "ray::"))]


@contextmanager
def node(environment: Mapping[str, str], *options: str) -> Iterator[Node]:
    """Run a node with more options for `ray start`; at the end everything in it is killed.

    Ray gives its agent 15 seconds to start, which is short on a busy machine, so there are three tries.
    Raises TimeoutError with what the last one has written.
    """
    for left in (2, 1, 0):
        with ExitStack() as stack:
            try:
                started = stack.enter_context(_node(environment, options))
            except TimeoutError:
                if not left:
                    raise
                continue
            yield started
            return


@contextmanager
def _node(environment: Mapping[str, str], options: Sequence[str]) -> Iterator[Node]:
    folder = Path(tempfile.mkdtemp(prefix="ray-"))
    port, dashboard, agent, client, metrics = free_ports(5)
    named = {
        "port": port,
        "dashboard-port": dashboard,
        "dashboard-agent-listen-port": agent,
        "ray-client-server-port": client,
        "metrics-export-port": metrics,
        "object-store-memory": 100_000_000,
        "temp-dir": folder / "ray",
    }
    words = ["unshare", "--pid", "--fork", "--mount-proc", "--kill-child", "bash", "-c", _START, "node"]
    own = dict(environment) | _BYTECODE
    words += [*(f"--{name}={value}" for name, value in named.items()), *options]
    with (folder / "log").open("w") as log:
        process = subprocess.Popen(words, env=own, stdout=log, stderr=log)
        try:
            _await_port(process, dashboard, folder / "log")
            inside = int(Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()[0])
            url = "http://127.0.0.1:{}"
            yield Node(inside, url.format(dashboard), url.format(metrics), own)
        finally:
            process.kill()
            process.wait()
            shutil.rmtree(folder, ignore_errors=True)


def free_ports(number: int) -> list[int]:
    """Give ports that nobody listens on."""
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(number)]
    ports = [each.getsockname()[1] for each in sockets]
    for each in sockets:
        each.close()
    return ports


def can_isolate() -> bool:
    """Say whether this process may make namespaces."""
    return os.geteuid() == 0 and shutil.which("unshare") is not None


def _await_port(process: "subprocess.Popen[bytes]", port: int, log: Path, seconds: float = 120) -> None:
    end = time.monotonic() + seconds
    while time.monotonic() < end and process.poll() is None:
        with socket.socket() as attempt:
            if attempt.connect_ex(("127.0.0.1", port)) == 0 and "Ray runtime started" in log.read_text():
                return
        time.sleep(0.2)
    raise TimeoutError(f"Ray did not start: {log.read_text()}")
