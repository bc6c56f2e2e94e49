"""The connection matrix: who talks to whom, read from the network policies, and whether both ends agree.

Between pods a connection needs the egress of one and the ingress of the other; one alone is a hole in a wall
with another wall behind it. Namespaces without policies of ours (kube-system) let everything in. Who reaches
all pods of a namespace, as Prometheus does, leaves it to them whom they let in.
"""

from collections.abc import Iterator
from typing import NamedTuple

from charts_src.lib.network import ALLOW_DNS, NAMESPACE_LABEL
from charts_src.objects import Body
from charts_src.proofs.outside import PODS
from charts_src.proofs.pods import Labels, Pod, all_pods
from charts_src.proofs.selectors import holds
from charts_src.proofs.tree import Failure, Objects

_ANY_PORT = ("any",)


class Side(NamedTuple):
    """One rule of a policy, for one of the pods that it selects."""

    policy: str
    pod: str
    """Namespace and name of the pods that the policy selects."""
    peers: frozenset[str]
    """Pods at the other end."""
    chosen: frozenset[str]
    """Those of them that are chosen by labels, not as all pods of a namespace."""
    ports: tuple[str, ...]


class Connection(NamedTuple):
    """One row of the matrix."""

    source: str
    target: str
    ports: str


def matrix(objects: Objects) -> list[Connection]:
    """Give every allowed connection between pods, and between pods and address ranges, sorted."""
    pods = known_pods(objects)
    inside = {
        Connection(side.pod, peer, ", ".join(side.ports))
        for side in _sides(objects, pods, "egress")
        for peer in side.peers
    }
    return sorted(inside | set(_ranges(objects, pods)))


def one_sided(objects: Objects) -> list[Failure]:
    """Find connections between pods that only one end allows, sorted."""
    pods = known_pods(objects)
    guarded = {body["metadata"]["name"] for body in objects.values() if body["kind"] == "Namespace"}
    egress = [*_sides(objects, pods, "egress")]
    ingress = [*_sides(objects, pods, "ingress")]
    return sorted(
        {
            *_unmatched(egress, ingress, guarded, "lets traffic out to", "ingress"),
            *_unmatched(ingress, egress, guarded, "lets traffic in from", "egress"),
        }
    )


def _unmatched(
    ours: list[Side], theirs: list[Side], guarded: set[str], words: str, missing: str
) -> Iterator[Failure]:
    for side in ours:
        for peer in sorted(side.chosen):
            if peer.partition("/")[0] not in guarded:
                continue
            answers = [other for other in theirs if other.pod == peer and side.pod in other.peers]
            open_ports = {port for other in answers for port in other.ports}
            if "any" in open_ports:
                continue
            for port in side.ports:
                if port not in open_ports and not (port == "any" and open_ports):
                    message = (
                        f"{words} {peer} on port {port} for {side.pod}, but no {missing} there allows it"
                    )
                    yield Failure(f"NetworkPolicy {side.policy}", f"{message}; add it or take this away")


class KnownPod(NamedTuple):
    """A pod that policies may select, or all that come from one description."""

    namespace: str
    name: str
    labels: Labels


def known_pods(objects: Objects) -> list[KnownPod]:
    """Give pods that policies apply to: those with a network namespace of their own."""
    rendered = [_named(pod) for pod in all_pods(objects.values()) if not pod.spec.get("hostNetwork")]
    return rendered + [KnownPod(each.namespace, each.name, each.labels) for each in PODS]


def _named(pod: Pod) -> KnownPod:
    role = pod.labels.get("ray.io/node-type") or pod.labels.get("training.kubeflow.org/job-role")
    role = role or pod.labels.get("spark-role")
    return KnownPod(pod.namespace, pod.owner.name + (f"-{role}" if role else ""), pod.labels)


def _sides(objects: Objects, pods: list[KnownPod], direction: str) -> Iterator[Side]:
    side = "from" if direction == "ingress" else "to"
    for body in objects.values():
        if body["kind"] != "NetworkPolicy" or body["metadata"]["name"] == ALLOW_DNS:
            continue
        namespace, name = body["metadata"]["namespace"], body["metadata"]["name"]
        selected = select(body["spec"]["podSelector"], [namespace], pods)
        for rule in body["spec"].get(direction, ()):
            peers = [(each, peer) for each in rule.get(side, ()) for peer in _peers(each, namespace, pods)]
            chosen = frozenset(peer for each, peer in peers if each.get("podSelector"))
            for pod in selected if peers else ():
                reached = frozenset(peer for _, peer in peers)
                yield Side(f"{namespace}/{name}", pod, reached, chosen, _ports(rule))


def _ranges(objects: Objects, pods: list[KnownPod]) -> Iterator[Connection]:
    for body in objects.values():
        if body["kind"] != "NetworkPolicy":
            continue
        for pod in select(body["spec"]["podSelector"], [body["metadata"]["namespace"]], pods):
            for rule in body["spec"].get("egress", ()):
                for peer in (each["ipBlock"]["cidr"] for each in rule.get("to", ()) if "ipBlock" in each):
                    yield Connection(pod, peer, ", ".join(_ports(rule)))
            for rule in body["spec"].get("ingress", ()):
                for peer in (each["ipBlock"]["cidr"] for each in rule.get("from", ()) if "ipBlock" in each):
                    yield Connection(peer, pod, ", ".join(_ports(rule)))


def _peers(peer: Body, namespace: str, pods: list[KnownPod]) -> list[str]:
    if "ipBlock" in peer:
        return []
    selector = peer.get("namespaceSelector", {"matchLabels": {NAMESPACE_LABEL: namespace}})
    names = [value for key, value in selector.get("matchLabels", {}).items() if key == NAMESPACE_LABEL]
    for each in selector.get("matchExpressions", ()):
        if each["key"] == NAMESPACE_LABEL and each["operator"] == "In":
            names += each["values"]
    return select(peer.get("podSelector", {}), names, pods)


def select(selector: Body, namespaces: list[str], pods: list[KnownPod]) -> list[str]:
    """Give the pods, as namespace/name, of these namespaces that a label selector selects, sorted."""
    labels = selector.get("matchLabels", {})
    return sorted(
        {
            f"{pod.namespace}/{pod.name}"
            for pod in pods
            if pod.namespace in namespaces
            and labels.items() <= pod.labels.items()
            and all(holds(each, pod.labels) for each in selector.get("matchExpressions", ()))
        }
    )


def _ports(rule: Body) -> tuple[str, ...]:
    return tuple(sorted(_port(each) for each in rule.get("ports", ()))) or _ANY_PORT


def _port(port: Body) -> str:
    end = f"-{port['endPort']}" if "endPort" in port else ""
    protocol = "" if port.get("protocol", "TCP") == "TCP" else f"/{port['protocol']}"
    return f"{port.get('port', 'any')}{end}{protocol}"
