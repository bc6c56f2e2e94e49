"""The network of pods that run here: one switch, an address for each pod, the API server, and names.

What the DNS of a cluster answers, each pod has in its /etc/hosts: for a Service the addresses of its ready
pods (no kube-proxy runs, so cluster IPs lead nowhere, but for that of the API server), and their own names.
"""

import asyncio
import ctypes
import ipaddress
import os
import secrets
import socket
import subprocess
import threading
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import NamedTuple

from charts_src.objects import Body
from pods import Cluster, child, require

API_SERVER = "172.20.0.1"
"""Cluster IP of the API server: the first of the range that the plane gives to Services."""

_CLONE_NEWNET = 0x40000000
_DOMAIN = "cluster.local"
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
        place = self.switch.gateway(f"{self._gateway}/{self._prefix}", f"{API_SERVER}/32")
        self.switch.uplink(f"pods{secrets.token_hex(4)}", f"{uplink}/{self._prefix}")
        _forward(place, (API_SERVER, 443), api_port)

    def join(self, name: str) -> tuple[str, "subprocess.Popen[str]"]:
        """Give a pod an address, and what its containers share."""
        address = str(next(self._hosts))
        return address, self.switch.sandbox(name, f"{address}/{self._prefix}", self._gateway)

    def first(self, sandbox: "subprocess.Popen[str]") -> int:
        """Give the process that is in the network of a pod."""
        return child(sandbox.pid)


class Named(NamedTuple):
    """An address and its name in a Service; without `host` the name of the Service itself."""

    address: str
    host: str
    service: str
    namespace: str

    def lines(self, namespace: str = "") -> Iterator[str]:
        """Give lines of /etc/hosts, as pods of `namespace` may write the name, or others."""
        full = f"{self.service}.{self.namespace}.svc.{_DOMAIN}"
        names = [full, full.removesuffix(f".{_DOMAIN}"), f"{self.service}.{self.namespace}"]
        names += [self.service] if self.namespace == namespace else []
        host = f"{self.host}." if self.host else ""
        yield f"{self.address} {' '.join(host + name for name in names)}"


def names(slices: Sequence[Body]) -> list[Named]:
    """Read from EndpointSlices who is to be found under which name."""
    found = {Named(API_SERVER, "", "kubernetes", "default")}
    for body in slices:
        service = body["metadata"].get("labels", {}).get("kubernetes.io/service-name", "")
        namespace = body["metadata"]["namespace"]
        if not service or (service, namespace) == ("kubernetes", "default"):
            continue
        for endpoint in body.get("endpoints") or ():
            if endpoint.get("conditions", {}).get("ready") is False:
                continue
            for address in endpoint["addresses"]:
                found.add(Named(address, "", service, namespace))
                if host := endpoint.get("hostname"):
                    found.add(Named(address, host, service, namespace))
    return sorted(found)


def hosts_file(found: Sequence[Named], namespace: str = "", own: str = "") -> str:
    """Give the text of /etc/hosts in a namespace; `own` is a pod's own line."""
    lines = [line for each in found for line in each.lines(namespace)]
    return "\n".join(["127.0.0.1 localhost", *([own] if own else []), *lines, ""])


def _free_network() -> ipaddress.IPv4Network:
    """Give a private network that this machine has no other address in."""
    taken = subprocess.run(["ip", "-4", "route"], capture_output=True, text=True, check=True).stdout
    free = [f"10.{number}.0.0/16" for number in range(64, 250) if f"10.{number}." not in taken]
    return ipaddress.IPv4Network(secrets.choice(free))


def _forward(pid: int, address: tuple[str, int], port: int) -> None:
    """Listen in the network of a process, and lead what comes to a port of this machine's loopback."""
    with Path("/proc/self/ns/net").open("rb") as own, Path(f"/proc/{pid}/ns/net").open("rb") as other:
        _enter(other.fileno())
        try:
            listening = socket.create_server(address)
        finally:
            _enter(own.fileno())

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_connection("127.0.0.1", port)
        await asyncio.gather(_copy(reader, back), _copy(there, writer))

    async def serve() -> None:
        server = await asyncio.start_server(answer, sock=listening)
        await server.serve_forever()

    threading.Thread(target=lambda: asyncio.run(serve()), daemon=True).start()


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    writer.close()


def _enter(namespace: int) -> None:
    if _LIBC.setns(namespace, _CLONE_NEWNET) != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
