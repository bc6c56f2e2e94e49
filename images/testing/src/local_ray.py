"""A Ray cluster of one node on this machine, beside others: own ports and folders, and ended by its own processes."""

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


@contextlib.contextmanager
def cluster(cpus: int, modules: list[Path], variables: Mapping[str, str]) -> Iterator[dict[str, str]]:
    """Start a head with so many logical CPUs; give the environment of a process that is to use it.

    `modules` are folders from which its workers import.
    """
    folder = Path(tempfile.mkdtemp(prefix="ray-"))
    environment = {
        **os.environ,
        **variables,
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": os.pathsep.join(map(str, modules)),
        "RAY_AUTH_MODE": "token",  # as the manifests have it
        "RAY_AUTH_TOKEN": secrets.token_hex(32),
        "RAY_USAGE_STATS_ENABLED": "0",
        "HF_HUB_OFFLINE": "1",
        "CUDA_VISIBLE_DEVICES": "",
        "OMP_NUM_THREADS": "1",
    }
    address = f"127.0.0.1:{free_port()}"
    command = [
        *("ray", "start", "--head", "--block"),
        *(f"--port={address.rpartition(':')[2]}", f"--temp-dir={folder}", f"--num-cpus={cpus}"),
        *("--include-dashboard=false", f"--object-store-memory={128 * 1024**2}"),
        *("--min-worker-port=0", "--max-worker-port=0", f"--ray-client-server-port={free_port()}"),
        f"--dashboard-agent-listen-port={free_port()}",
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
    """Give a TCP port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def workers(address: str) -> list[psutil.Process]:
    """Give the processes of Ray Train's workers in the cluster at an address."""
    found = []
    for process in psutil.process_iter(["cmdline"]):
        with contextlib.suppress(psutil.Error):
            title = " ".join(process.info["cmdline"] or ())
            if "RayTrainWorker" in title and process.environ().get("RAY_ADDRESS", address) == address:
                found.append(process)
    return found


def _wait(address: str, head: "subprocess.Popen[bytes]", log: Path) -> None:
    host, _, port = address.rpartition(":")
    until = time.monotonic() + 200
    while time.monotonic() < until and head.poll() is None:
        text = log.read_text(errors="replace")
        if "Ray runtime started" in text:
            return
        time.sleep(0.3)
    raise RuntimeError(f"Ray did not start at {host}:{port}:\n{log.read_text(errors='replace')}")


def _end(head: "subprocess.Popen[bytes]") -> None:
    """End the processes of the cluster, and no others: all of them are children of its head, or in its session."""
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
