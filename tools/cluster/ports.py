"""Ports on loopback that nothing else uses, so that any number of planes run beside one another."""

import random
import socket

_RANGE = range(15000, 32000)
"""Below what Linux gives outgoing connections (net.ipv4.ip_local_port_range starts at 32768), above the usual
services: a port found free stays free until its process listens.
"""


def free_ports(count: int) -> list[int]:
    """Give different free TCP ports of 127.0.0.1. Raises OSError when there are not enough."""
    found: list[int] = []
    for port in random.SystemRandom().sample(_RANGE, len(_RANGE)):
        if len(found) == count:
            return found
        if _is_free(port):
            found.append(port)
    raise OSError(f"there are no {count} free ports from {_RANGE.start} to {_RANGE.stop - 1}")


def _is_free(port: int) -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True
