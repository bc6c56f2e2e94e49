"""A real registry on loopback, without TLS, that forgets everything at its end."""

import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager

from charts_src.image_lock import CRANE


@contextmanager
def serving() -> Iterator[str]:
    """Start a registry and give its address, such as 127.0.0.1:40000."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        host, port = free.getsockname()
    address = f"{host}:{port}"
    serve = subprocess.Popen(
        [CRANE, "registry", "serve", "--address", address],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        _await(host, port)
        yield address
    finally:
        serve.terminate()
        serve.wait()


def _await(host: str, port: int) -> None:
    for _ in range(100):
        try:
            socket.create_connection((host, port)).close()
        except ConnectionRefusedError:
            time.sleep(0.1)
        else:
            return
    raise TimeoutError(f"no registry at {host}:{port}")
