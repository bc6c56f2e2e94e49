"""Rules for network policies."""

from collections.abc import Iterator
from ipaddress import IPv4Address, IPv4Network, ip_network

from charts_src.objects import Body
from charts_src.policy.rule import Violation

_METADATA = IPv4Address("169.254.169.254")
_METADATA_PORT = 80


def no_instance_metadata(body: Body) -> Iterator[Violation]:
    """Refuse ways to the instance metadata, where a pod would get the credentials of its node."""
    if body["kind"] != "NetworkPolicy":
        return
    for index, rule in enumerate(body["spec"].get("egress", ())):
        path = f"spec.egress[{index}]"
        if not _opens_port(rule.get("ports", ())):
            continue
        if not rule.get("to"):
            yield Violation(path, "allows all addresses, so the instance metadata; name peers or ports")
        for number, peer in enumerate(rule.get("to", ())):
            if _contains(peer.get("ipBlock")):
                yield Violation(
                    f"{path}.to[{number}].ipBlock",
                    "contains the instance metadata; leave port 80 out, or except 169.254.169.254/32",
                )


def spelled_out(body: Body) -> Iterator[Violation]:
    """Demand that a network policy says whom it selects and which directions it is about.

    Without `podSelector` it selects every pod of the namespace, and what `policyTypes` leaves out follows
    from the rules that happen to be there.
    """
    if body["kind"] != "NetworkPolicy":
        return
    for field in ("podSelector", "policyTypes"):
        if field not in body["spec"]:
            yield Violation(f"spec.{field}", "is missing; write it out")
    for kind, rules in (("Ingress", "ingress"), ("Egress", "egress")):
        if rules in body["spec"] and kind not in body["spec"].get("policyTypes", ()):
            yield Violation(f"spec.{rules}", f"has no effect unless policyTypes has {kind}; add it")


def _opens_port(ports: list[Body]) -> bool:
    return not ports or any(_is_metadata_port(port) for port in ports)


def _is_metadata_port(port: Body) -> bool:
    """Say whether an entry covers TCP port 80; a port by name is one of a pod."""
    if port.get("protocol", "TCP") != "TCP":
        return False
    first = port.get("port")
    if not isinstance(first, int):
        return first is None
    last: int = port.get("endPort", first)
    return first <= _METADATA_PORT <= last


def _contains(block: Body | None) -> bool:
    if not block or not _covers(block["cidr"]):
        return False
    return not any(_covers(cidr) for cidr in block.get("except", ()))


def _covers(cidr: str) -> bool:
    network = ip_network(cidr)
    return isinstance(network, IPv4Network) and _METADATA in network
