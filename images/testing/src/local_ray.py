"""A Ray cluster of one node on this machine, beside others: with ports and folders of its own."""

import contextlib
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

import psutil

_AGENTS = ("dashboard-agent-listen", "dashboard-agent-grpc", "runtime-env-agent", "metrics-export")

_PATIENT = """
import time
from ray._private import services
from ray.scripts.scripts import main

ask = services.get_node

def ask_again(*given):
    until = time.monotonic() + 240
    while True:
        try:
            return ask(*given)
        except RuntimeError:
            if time.monotonic() > until:
                raise
            time.sleep(0.5)

services.get_node = ask_again
main()
"""
"""The command ray, which gives up after 30 seconds (ray/_private/node.py of 2.60.0), with more patience: a
node is there when its agents are, and these take longer where much else runs."""


@contextlib.contextmanager
def cluster(cpus: int, modules: list[Path], variables: Mapping[str, str]) -> Iterator[dict[str, str]]:
    """Start a head with so many logical CPUs; give the environment of a process that is to use it.

    `modules` are folders from which its workers import.
    """
    folder = Path(tempfile.mkdtemp(prefix="local-ray-"))
    environment = {
        **os.environ,
        **variables,
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": os.pathsep.join(map(str, modules)),
        "RAY_AUTH_MODE": "token",  # as the manifests have it
        "RAY_AUTH_TOKEN": secrets.token_hex(32),
        "RAY_USAGE_STATS_ENABLED": "0",
        "RAY_agent_register_timeout_ms": "240000",
        "HF_HUB_OFFLINE": "1",
        "CUDA_VISIBLE_DEVICES": "",
        "OMP_NUM_THREADS": "1",
    }
    address = f"127.0.0.1:{free_port()}"
    command = [
        *(sys.executable, "-c", _PATIENT, "start", "--head", "--block"),
        *(f"--port={address.rpartition(':')[2]}", f"--temp-dir={folder}", f"--num-cpus={cpus}"),
        *("--include-dashboard=false", f"--object-store-memory={128 * 1024**2}"),
        *("--min-worker-port=0", "--max-worker-port=0", f"--ray-client-server-port={free_port()}"),
        # Ports that are given need not be waited for, as long as it may take their agents to start.
        *(f"--{name}-port={free_port()}" for name in _AGENTS),
        "--no-monitor",
    ]
    with (folder / "start.log").open("wb") as log:
        head = subprocess.Popen(command, env=environment, stdout=log, stderr=log, start_new_session=True)
    try:
        _wait(address, head, folder / "start.log")
        yield environment | {"RAY_ADDRESS": address}
    finally:
        _end(head)
        shutil.rmtree(folder, ignore_errors=True)


def free_port() -> int:
    """Give a TCP port that nobody listens on, and below those that the kernel gives to clients."""
    while True:
        port = secrets.randbelow(12_000) + 20_000
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("", port))
            return port


def workers(environment: Mapping[str, str]) -> list[psutil.Process]:
    """Give the processes of Ray Train's workers in the cluster that an environment names."""
    found = []
    for process in psutil.process_iter(["cmdline"]):
        with contextlib.suppress(psutil.Error):
            ours = process.environ().get("RAY_AUTH_TOKEN") == environment["RAY_AUTH_TOKEN"]
            if ours and "RayTrainWorker" in " ".join(process.info["cmdline"] or ()):
                found.append(process)
    return found


def _wait(address: str, head: "subprocess.Popen[bytes]", log: Path) -> None:
    host, _, port = address.rpartition(":")
    until = time.monotonic() + 300
    while time.monotonic() < until and head.poll() is None:
        text = log.read_text(errors="replace")
        if "Ray runtime started" in text:
            return
        time.sleep(0.3)
    raise RuntimeError(f"Ray did not start at {host}:{port}:\n{log.read_text(errors='replace')}")


def _end(head: "subprocess.Popen[bytes]") -> None:
    """End the processes of the cluster, and no others: they are children of its head, or in its session."""
    started = []
    with contextlib.suppress(psutil.Error):
        started = psutil.Process(head.pid).children(recursive=True)
    for process in started:
        with contextlib.suppress(psutil.Error):
            process.kill()
    with contextlib.suppress(ProcessLookupError):
        os.killpg(head.pid, signal.SIGKILL)
    head.wait(30)
    psutil.wait_procs(started, timeout=10)
