"""The network of pods that run here: one switch, an address for each pod, the API server, and DNS.

This machine reaches the pods, and they each other, and of this machine nothing but the API server. No
kube-proxy runs, so no other cluster IP leads anywhere.
"""

import asyncio
import ctypes
import ipaddress
import os
import secrets
import socket
import subprocess
import threading
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

from pods import Cluster, child, require
from tools.cluster.credentials import API_SERVER
from tools.cluster.forwarding import forward
from tools.cluster.pod_names import DOMAIN, Names

DNS = "172.20.0.10"

_CLONE_NEWNET = 0x40000000
_LIBC = ctypes.CDLL(None, use_errno=True)


class PodNetwork:
    """Gives addresses, which are not used again."""

    def __init__(self, folder: Path, api_port: int, stack: ExitStack) -> None:
        """Make the switch and connect this machine with it; it ends with `stack`.

        Raises RuntimeError that names what is missing on this machine.
        """
        require()
        self.switch = Cluster(folder, {}, stack)
        network = _free_network()
        hosts = network.hosts()
        self._prefix = network.prefixlen
        self._gateway, uplink = str(next(hosts)), str(next(hosts))
        self._hosts = hosts
        place = self.switch.gateway(f"{self._gateway}/{self._prefix}", f"{API_SERVER}/32", f"{DNS}/32")
        self.switch.uplink(f"pods{secrets.token_hex(4)}", f"{uplink}/{self._prefix}")
        listening, *asked = _inside(
            place,
            lambda: socket.create_server((API_SERVER, 443)),
            lambda: _datagrams(DNS),
            lambda: _datagrams(self._gateway),
        )
        _forward(listening, api_port)
        self.names = Names(asked)

    def join(self, name: str) -> tuple[str, "subprocess.Popen[str]"]:
        """Give a pod an address, and what its containers share."""
        address = str(next(self._hosts))
        return address, self.switch.sandbox(name, f"{address}/{self._prefix}", self._gateway)

    def resolver(self, namespace: str) -> str:
        """Give the /etc/resolv.conf of pods of a namespace."""
        domains = f"{namespace}.svc.{DOMAIN} svc.{DOMAIN} {DOMAIN}"
        return f"nameserver {DNS}\nsearch {domains}\noptions ndots:5\n"

    @property
    def outer_resolver(self) -> str:
        """The /etc/resolv.conf of who is on this machine, and is to know the names of pods."""
        return f"nameserver {self._gateway}\n"

    def first(self, sandbox: "subprocess.Popen[str]") -> int:
        """Give the process that is in the network of a pod."""
        return child(sandbox.pid)


def _free_network() -> ipaddress.IPv4Network:
    """Give a private network that this machine has no other address in."""
    taken = subprocess.run(["ip", "-4", "route"], capture_output=True, text=True, check=True).stdout
    free = [f"10.{number}.0.0/16" for number in range(64, 250) if f"10.{number}." not in taken]
    return ipaddress.IPv4Network(secrets.choice(free))


def _inside(pid: int, *make: Callable[[], socket.socket]) -> list[socket.socket]:
    """Make sockets in the network of a process."""
    with Path("/proc/self/ns/net").open("rb") as own, Path(f"/proc/{pid}/ns/net").open("rb") as other:
        _enter(other.fileno())
        try:
            return [each() for each in make]
        finally:
            _enter(own.fileno())


def _datagrams(address: str) -> socket.socket:
    made = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    made.bind((address, 53))
    return made


def _forward(listening: socket.socket, port: int) -> None:
    """Lead what comes to a port of this machine's loopback."""

    async def serve() -> None:
        server = await forward(listening, port)
        await server.serve_forever()

    threading.Thread(target=lambda: asyncio.run(serve()), daemon=True).start()


def _enter(namespace: int) -> None:
    if _LIBC.setns(namespace, _CLONE_NEWNET) != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
