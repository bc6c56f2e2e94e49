"""Each namespace of ours lets nothing in or out but what a policy names, and lets its pods ask for names."""

from collections.abc import Iterator

from charts_src.lib.network import ALLOW_DNS, DEFAULT_DENY, NAMESPACE_LABEL
from charts_src.objects import Body
from charts_src.proofs.tree import Failure, Objects

_BOTH = {"Ingress", "Egress"}
_DNS = 53


def open_namespaces(objects: Objects) -> list[Failure]:
    """Find namespaces without a policy that denies everything, or without a way to DNS, sorted."""
    policies = [body for body in objects.values() if body["kind"] == "NetworkPolicy"]
    names = [body["metadata"]["name"] for body in objects.values() if body["kind"] == "Namespace"]
    return sorted(failure for name in names for failure in _namespace(name, policies))


def _namespace(name: str, policies: list[Body]) -> Iterator[Failure]:
    own = {body["metadata"]["name"]: body["spec"] for body in policies if _is_for_all(body, name)}
    if not _denies(own.get(DEFAULT_DENY, {})):
        yield Failure(
            f"Namespace {name}", f"has no policy {DEFAULT_DENY} that lets nothing in or out; add it"
        )
    if not _asks_names(own.get(ALLOW_DNS, {})):
        yield Failure(f"Namespace {name}", f"has no policy {ALLOW_DNS} that lets all pods ask names; add it")


def _is_for_all(policy: Body, namespace: str) -> bool:
    """Say whether a policy selects every pod of a namespace."""
    selector, place = policy["spec"].get("podSelector"), policy["metadata"].get("namespace")
    return bool(place == namespace and selector == {})


def _denies(spec: Body) -> bool:
    return set(spec.get("policyTypes", ())) == _BOTH and not spec.get("ingress") and not spec.get("egress")


def _asks_names(spec: Body) -> bool:
    """DNS is asked by UDP, and by TCP where an answer is too long."""
    allowed = {
        (port.get("port"), port.get("protocol", "TCP"))
        for rule in spec.get("egress", ())
        for port in rule.get("ports", ())
        if any(_is_dns(peer) for peer in rule.get("to", ()))
    }
    return {(_DNS, "UDP"), (_DNS, "TCP")} <= allowed


def _is_dns(peer: Body) -> bool:
    namespace = peer.get("namespaceSelector", {}).get("matchLabels", {})
    pods = peer.get("podSelector", {}).get("matchLabels", {})
    return bool(namespace == {NAMESPACE_LABEL: "kube-system"} and pods == {"k8s-app": "kube-dns"})
