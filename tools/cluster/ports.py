"""Ports on loopback that nothing else uses, so that any number of planes run beside one another."""

import random
import socket

_RANGE = range(15000, 32000)
"""Below what Linux gives outgoing connections (net.ipv4.ip_local_port_range starts at 32768), above the usual
services: a port found free stays free until its process listens.
"""
_GIVEN: list[socket.socket] = []
"""Sockets that keep what was given as long as this process lives; whoever looks for a port finds it taken."""


def free_ports(count: int) -> list[int]:
    """Give different free TCP ports of 127.0.0.1, which no other process is given too.

    A server may listen on them that sets SO_REUSEADDR, as most do. Raises OSError when there are not enough.
    """
    found: list[int] = []
    for port in random.SystemRandom().sample(_RANGE, len(_RANGE)):
        if len(found) == count:
            return found
        if _take(port):
            found.append(port)
    raise OSError(f"there are no {count} free ports from {_RANGE.start} to {_RANGE.stop - 1}")


def _take(port: int) -> bool:
    taken = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        taken.bind(("127.0.0.1", port))
    except OSError:
        taken.close()
        return False
    # Linux lets two sockets have a port when both say so and none of them listens yet (bind(2), socket(7)).
    taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    _GIVEN.append(taken)
    return True
