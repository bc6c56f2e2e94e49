"""Host names below the domain: each service has one of its own."""

from collections.abc import Iterable

from charts_src.model.base import Problem

Where = tuple[str, ...]


def check(hosts: Iterable[tuple[Where, str]]) -> Iterable[Problem]:
    """Find services of two sections with one host name; paths start at the environment.

    `hosts` has the path of each host name and the name. Within a section that is the section's own problem.
    """
    owners: dict[str, Where] = {}
    for where, host in hosts:
        first = owners.setdefault(host, where)
        if first[0] != where[0]:
            yield Problem(where, f"{host} is {'.'.join(first)} too; choose another")
