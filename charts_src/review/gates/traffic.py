"""What network policies let pods receive and send: each pod with the peers and ports of each direction.

Meaning of policies: NetworkPolicySpec in Kubernetes v1.34.4, staging/src/k8s.io/api/networking/v1/types.go: a
pod that no policy selects in a direction is open in it.
"""

import json
from collections.abc import Iterator, Mapping
from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import Final, Literal, NamedTuple

from charts_src.lib.network import NAMESPACE_LABEL
from charts_src.objects import Body, Identity
from charts_src.proofs.connections import KnownPod, known_pods, select
from charts_src.review.sides import Side

Direction = Literal["ingress", "egress"]
DIRECTIONS: Final[tuple[Direction, ...]] = ("ingress", "egress")

EVERYTHING: Final = "everything"
ALL_PODS: Final = "pods of every namespace"


class Ports(NamedTuple):
    """A range of ports of a protocol; a port with a name is a range of its own."""

    protocol: str
    first: int | str
    last: int | str

    def __str__(self) -> str:
        """Write the ports as reports show them."""
        if self == ANY_PORT:
            return "any port"
        end = f"-{self.last}" if self.last != self.first else ""
        protocol = "" if self.protocol == "TCP" else f"/{self.protocol}"
        return f"port {self.first}{end}{protocol}"

    def covers(self, other: "Ports") -> bool:
        """Say whether all of the other ports are among these."""
        if self in (ANY_PORT, other):
            return True
        numbers = (self.first, self.last, other.first, other.last)
        if self.protocol != other.protocol or not all(isinstance(each, int) for each in numbers):
            return False
        return int(self.first) <= int(other.first) and int(other.last) <= int(self.last)


ANY_PORT: Final = Ports("any", 0, 65535)


class Opening(NamedTuple):
    """One peer that a pod may talk to, on some ports."""

    peer: str
    """EVERYTHING, ALL_PODS, namespace/*, namespace/pod, labels in every namespace, or addresses."""
    ports: Ports

    def covers(self, other: "Opening") -> bool:
        """Say whether this lets through all that the other does."""
        return self.ports.covers(other.ports) and _covers(self.peer, other.peer)


class Traffic(NamedTuple):
    """What a pod may receive, or send."""

    policies: frozenset[Identity]
    """Those that select the pod in this direction; with none, all is open."""
    openings: Mapping[Opening, Identity]
    """What is let through, and a policy that does."""


Matrix = dict[tuple[str, Direction], Traffic]


def matrix(side: Side) -> Matrix:
    """Give what each pod, as namespace/name, may receive and send."""
    pods = known_pods(side.bodies())
    policies = {
        identity: located.body.get("spec") or {}
        for identity, located in side.objects.items()
        if identity.kind == "NetworkPolicy"
    }
    names = sorted({f"{pod.namespace}/{pod.name}" for pod in pods})
    selected = {
        identity: set(select(spec.get("podSelector") or {}, [identity.namespace], pods))
        for identity, spec in policies.items()
    }
    return {
        (name, direction): _traffic(
            direction,
            {identity: policies[identity] for identity in policies if name in selected[identity]},
            pods,
        )
        for name in names
        for direction in DIRECTIONS
    }


def _traffic(direction: Direction, policies: Mapping[Identity, Body], pods: list[KnownPod]) -> Traffic:
    applying = {identity: spec for identity, spec in policies.items() if direction in directions(spec)}
    if not applying:
        nobody = Identity("", "", "", "")
        return Traffic(frozenset(), {Opening(EVERYTHING, ANY_PORT): nobody})
    openings = {
        opening: identity
        for identity, spec in applying.items()
        for rule in spec.get(direction) or ()
        for opening in _openings(rule, direction, identity.namespace, pods)
    }
    return Traffic(frozenset(applying), openings)


def directions(spec: Body) -> set[Direction]:
    """Give the directions that a policy closes; without policyTypes, ingress and what it has rules for."""
    if types := spec.get("policyTypes"):
        return {each for each in DIRECTIONS if each.capitalize() in types}
    return {"ingress", "egress"} if "egress" in spec else {"ingress"}


def _openings(rule: Body, direction: Direction, namespace: str, pods: list[KnownPod]) -> Iterator[Opening]:
    side = "from" if direction == "ingress" else "to"
    peers = [peer for each in rule.get(side) or () for peer in _peers(each, namespace, pods)]
    for peer in peers if rule.get(side) else [EVERYTHING]:
        yield from (Opening(peer, ports) for ports in _ports(rule))


def _ports(rule: Body) -> list[Ports]:
    found = []
    for each in rule.get("ports") or ():
        protocol, first = each.get("protocol", "TCP"), each.get("port")
        found.append(
            Ports(protocol, 0, 65535) if first is None else Ports(protocol, first, each.get("endPort", first))
        )
    return found or [ANY_PORT]


def _peers(peer: Body, namespace: str, pods: list[KnownPod]) -> list[str]:
    if block := peer.get("ipBlock"):
        left_out = sorted(block.get("except") or ())
        return [block["cidr"] + (f" except {', '.join(left_out)}" if left_out else "")]
    selector = {key: value for key, value in (peer.get("podSelector") or {}).items() if value}
    namespaces = _namespaces(peer, namespace)
    if not selector:
        return [f"{name}/*" for name in namespaces] or [ALL_PODS]
    if namespaces:
        return select(selector, namespaces, pods)
    everywhere = f"{json.dumps(selector, sort_keys=True)} in every namespace"
    return [everywhere, *select(selector, sorted({pod.namespace for pod in pods}), pods)]


def _namespaces(peer: Body, namespace: str) -> list[str]:
    """Give the namespaces that a peer names; none when it selects them by anything else than their names."""
    if "namespaceSelector" not in peer:
        return [namespace]
    selector = peer["namespaceSelector"] or {}
    names = [value for key, value in (selector.get("matchLabels") or {}).items() if key == NAMESPACE_LABEL]
    for each in selector.get("matchExpressions") or ():
        if each.get("key") == NAMESPACE_LABEL and each.get("operator") == "In":
            names += each.get("values") or ()
    return names


def _covers(wide: str, narrow: str) -> bool:
    if wide in (EVERYTHING, narrow):
        return True
    if _range(narrow):
        return _range(wide) and range_covers(wide, narrow)
    return narrow != EVERYTHING and wide in (ALL_PODS, f"{narrow.partition('/')[0]}/*")


def _range(peer: str) -> bool:
    return peer[:1] in "0123456789abcdef:" and bool({".", ":"} & set(peer.partition("/")[0]))


def range_covers(wide: str, narrow: str) -> bool:
    """Say whether all addresses of a range, less those it leaves out, are in another one."""
    outer, outside = _parsed(wide)
    inner, left_out = _parsed(narrow)
    if not _within(inner, outer):
        return False
    return all(not hole.overlaps(inner) or any(_within(hole, each) for each in left_out) for hole in outside)


def is_any_address(peer: str) -> bool:
    """Say whether a peer is all addresses, but for those it leaves out."""
    return _range(peer) and _parsed(peer)[0].prefixlen == 0


def _within(inner: IPv4Network | IPv6Network, outer: IPv4Network | IPv6Network) -> bool:
    if isinstance(inner, IPv4Network) and isinstance(outer, IPv4Network):
        return inner.subnet_of(outer)
    return isinstance(inner, IPv6Network) and isinstance(outer, IPv6Network) and inner.subnet_of(outer)


def _parsed(text: str) -> tuple[IPv4Network | IPv6Network, list[IPv4Network | IPv6Network]]:
    cidr, _, left_out = text.partition(" except ")
    return ip_network(cidr), [ip_network(each) for each in left_out.split(", ") if each]
