"""Run a command in a network of its own, which leads to one port of this machine's loopback: the API server.

python -m tools.cluster.alone PORT COMMAND...

So a program whose other ports can't be moved runs several times on one machine. Needs root.
"""

import asyncio
import ctypes
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

from tools.cluster.forwarding import forward

_CLONE_NEWNET = 0x40000000
_PR_SET_PDEATHSIG = 1
_LIBC = ctypes.CDLL(None, use_errno=True)


def main(port: int, command: list[str]) -> int:
    """Run the command to its end; gives its exit status. Raises OSError where no network can be made."""
    with Path("/proc/self/ns/net").open("rb") as outside:
        _called(_LIBC.unshare(_CLONE_NEWNET))
        subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
        inside = socket.create_server(("127.0.0.1", port))
        process = subprocess.Popen(command, preexec_fn=_die_with_parent)
        _called(_LIBC.setns(outside.fileno(), _CLONE_NEWNET))
    signal.signal(signal.SIGTERM, lambda *_: process.terminate())
    asyncio.run(_serve(inside, port, process))
    return process.returncode


async def _serve(inside: socket.socket, port: int, process: "subprocess.Popen[bytes]") -> None:
    async with await forward(inside, port):
        while process.poll() is None:
            await asyncio.sleep(0.1)


def _die_with_parent() -> None:
    _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def _called(status: int) -> None:
    if status != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]), sys.argv[2:]))
