"""Ports for the processes of planes."""

import socket

import pytest

from tools.cluster import ports


def test_a_port_is_given_once_though_nothing_listens_on_it_yet(monkeypatch: pytest.MonkeyPatch) -> None:
    (port,) = ports.free_ports(1)
    monkeypatch.setattr(ports, "_RANGE", range(port, port + 1))
    with pytest.raises(OSError, match=f"no 1 free ports from {port} to {port}"):
        ports.free_ports(1)


@pytest.mark.parametrize(("family", "address"), [(socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::")])
def test_a_server_may_listen_on_a_port_that_was_given(family: socket.AddressFamily, address: str) -> None:
    (port,) = ports.free_ports(1)
    with (
        socket.create_server((address, port), family=family, dualstack_ipv6=family == socket.AF_INET6),
        socket.create_connection(("127.0.0.1", port)),
    ):
        pass
