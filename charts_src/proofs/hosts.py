"""Host names of Services, wherever a text has them: <service>.<namespace>.svc."""

import re
from collections import defaultdict
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from charts_src.proofs.tree import Failure, Objects
from charts_src.references import summarise

if TYPE_CHECKING:
    from charts_src.objects import Identity

_HOST = re.compile(r"(?<![\w.{}$-])([a-z0-9][a-z0-9-]*)\.([a-z0-9][a-z0-9-]*)\.svc\b")

_MAKERS = ("RayCluster", "RayService")
"""Kinds whose controllers make Services (charts_src/references/summary.py)."""

_KUBERNETES = {("default", "kubernetes"): "the API server", ("kube-system", "kube-dns"): "coredns"}
"""(namespace, Service) -> what it leads to; nobody renders it."""


def unknown(objects: Objects) -> list[Failure]:
    """Find host names of Services that are not there, sorted."""
    known = {(each.namespace, each.name) for each in objects if each.kind == "Service"}
    for body in objects.values():
        made = summarise(body).makes if body["kind"] in _MAKERS else ()
        known |= {(each.namespace, each.name) for each in made if each.kind == "Service"}
    users: dict[tuple[str, str], set[Identity]] = defaultdict(set)
    for identity, body in objects.items():
        if identity.kind != "CustomResourceDefinition":
            for host in _hosts(body):
                users[host].add(identity)
    return sorted(
        Failure(
            f"Service {namespace}/{name}", f"is asked by {', '.join(sorted(map(str, who)))}, but not there"
        )
        for (namespace, name), who in users.items()
        if (namespace, name) not in known and (namespace, name) not in _KUBERNETES
    )


def _hosts(value: Any) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for item in value.values():
            yield from _hosts(item)
    elif isinstance(value, list):
        for item in value:
            yield from _hosts(item)
    elif isinstance(value, str) and ".svc" in value:
        yield from ((namespace, name) for name, namespace in _HOST.findall(value))
