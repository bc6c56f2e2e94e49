"""Where people come in: the load balancers of an environment, and what stands behind each."""

from typing import NamedTuple

from charts_src.objects import Body
from charts_src.review.sides import Side

_PREFIX = "alb.ingress.kubernetes.io"


class Balancer(NamedTuple):
    """One Application Load Balancer."""

    scheme: str
    logins: tuple[str, ...]
    """Who asks for a login on the way in; "none" is an entrance without one."""
    hosts: tuple[str, ...]
    components: tuple[str, ...]
    """Components whose services it leads to."""


def balancers(side: Side) -> dict[str, Balancer]:
    """Give the load balancers by the name of their group, or of their Ingress when it has no group."""
    groups: dict[str, list[tuple[str, Body]]] = {}
    for identity, located in sorted(side.objects.items()):
        if identity.kind == "Ingress":
            annotations = located.body["metadata"].get("annotations", {})
            name = annotations.get(f"{_PREFIX}/group.name", f"{identity.namespace}/{identity.name}")
            groups.setdefault(name, []).append((located.component, located.body))
    return {name: _balancer(members) for name, members in groups.items()}


def _balancer(members: list[tuple[str, Body]]) -> Balancer:
    annotations = [body["metadata"].get("annotations", {}) for _, body in members]
    rules = (rule for _, body in members for rule in body["spec"].get("rules", ()))
    return Balancer(
        next((each[f"{_PREFIX}/scheme"] for each in annotations if f"{_PREFIX}/scheme" in each), "internal"),
        tuple(sorted({each.get(f"{_PREFIX}/auth-type", "none") for each in annotations})),
        tuple(sorted({rule["host"] for rule in rules if "host" in rule})),
        tuple(sorted({component for component, _ in members})),
    )
