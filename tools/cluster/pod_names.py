"""The DNS of the pods that run here: the names of Services and of their pods, from EndpointSlices.

No kube-proxy runs, so the name of a Service leads to its ready pods also where it has a cluster IP.
"""

import socket
import struct
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress

from charts_src.objects import Body

DOMAIN = "cluster.local"

_ADDRESS, _INTERNET, _UNKNOWN = 1, 1, 3
_RESPONSE = 0x8580
"""An answer, with authority; recursion was asked for and is there."""


class Names:
    """Names with their addresses, and a server for each socket that answers questions for them."""

    def __init__(self, sockets: Sequence[socket.socket]) -> None:
        """Answer on datagram sockets until the process ends."""
        self._known: Mapping[str, list[str]] = {}
        for each in sockets:
            threading.Thread(target=self._serve, args=(each,), daemon=True).start()

    def learn(self, known: Mapping[str, list[str]]) -> None:
        """Take what is answered from now on."""
        self._known = known

    def _serve(self, listening: socket.socket) -> None:
        while True:
            query, sender = listening.recvfrom(4096)
            with suppress(ValueError, IndexError, struct.error, OSError):
                listening.sendto(answer(query, self._known), sender)


def known(slices: Sequence[Body]) -> dict[str, list[str]]:
    """Read from EndpointSlices who is to be found under which name."""
    found: dict[str, set[str]] = {}
    for body in slices:
        service = body["metadata"].get("labels", {}).get("kubernetes.io/service-name")
        name = f"{service}.{body['metadata']['namespace']}.svc.{DOMAIN}"
        for endpoint in body.get("endpoints") or ():
            if endpoint.get("conditions", {}).get("ready") is False:
                continue
            found.setdefault(name, set()).update(endpoint["addresses"])
            if host := endpoint.get("hostname"):
                found.setdefault(f"{host}.{name}", set()).update(endpoint["addresses"])
    return {name: sorted(addresses) for name, addresses in found.items()}


def answer(query: bytes, known: Mapping[str, list[str]]) -> bytes:
    """Give the response to a question of DNS. Raises ValueError or IndexError for what is none."""
    identity, _, questions = struct.unpack(">HHH", query[:6])
    if questions != 1:
        raise ValueError("not one question")
    labels, at = [], 12
    while length := query[at]:
        labels.append(query[at + 1 : at + 1 + length].decode("ascii").lower())
        at += 1 + length
    kind, _ = struct.unpack(">HH", query[at + 1 : at + 5])
    addresses = known.get(".".join(labels))
    found = (addresses or []) if kind == _ADDRESS else []
    flags = _RESPONSE | (0 if addresses else _UNKNOWN)
    header = struct.pack(">HHHHHH", identity, flags, 1, len(found), 0, 0)
    pointer = b"\xc0\x0c"  # the name is that of the question
    records = [
        pointer + struct.pack(">HHIH", _ADDRESS, _INTERNET, 1, 4) + socket.inet_aton(each) for each in found
    ]
    return b"".join([header, query[12 : at + 5], *records])
