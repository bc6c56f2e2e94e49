"""Selectors that select nothing: of Services, disruption budgets, network policies and monitors.

A Deployment is never named; this is how its loss shows.
"""

from collections import defaultdict
from collections.abc import Iterator
from typing import NamedTuple

from charts_src.lib.network import NAMESPACE_LABEL
from charts_src.objects import Body, Identity
from charts_src.proofs.outside import PODS
from charts_src.proofs.pods import Labels, Pod, all_pods
from charts_src.proofs.tree import Failure, Objects


class Selection(NamedTuple):
    """What an object selects pods by."""

    kind: str
    """Pod or Service."""
    namespaces: tuple[str, ...]
    """Where it looks."""
    labels: tuple[tuple[str, str], ...]


def unresolved(objects: Objects, lost: frozenset[tuple[str, str]]) -> Iterator[Failure]:
    """Find selectors that match nothing; those that look for the same thing give one failure.

    `lost` has the kind and namespace of objects that are named and missing, which are failures already: a
    selector that might look for one of them adds nothing.
    """
    pods = all_pods(objects.values())
    services = [body for body in objects.values() if body["kind"] == "Service"]
    users: dict[Selection, list[Identity]] = defaultdict(list)
    for identity, body in objects.items():
        for selection in selections(body):
            users[selection].append(identity)
    for selection, owners in users.items():
        reported = any((selection.kind, namespace) in lost for namespace in selection.namespaces)
        if not reported and not _matches(selection, pods, services):
            labels = ", ".join(f"{key}={value}" for key, value in selection.labels)
            names = ", ".join(sorted(set(map(str, owners))))
            yield Failure(
                f"{selection.kind} with {labels} in {' or '.join(selection.namespaces)}",
                f"is selected by {names}, but not there; correct the labels, or say in "
                "charts_src/proofs/outside.py who makes it",
            )


def selections(body: Body) -> Iterator[Selection]:
    """Give what an object selects by labels; a selector of all pods selects nothing in particular."""
    namespace = body["metadata"].get("namespace", "")
    spec = body.get("spec", {})
    match body["kind"]:
        case "Service":
            yield from _selection("Pod", [namespace], spec.get("selector", {}))
        case "PodDisruptionBudget":
            yield from _selection("Pod", [namespace], spec["selector"].get("matchLabels", {}))
        case "NetworkPolicy":
            yield from _selection("Pod", [namespace], spec["podSelector"].get("matchLabels", {}))
            for peer in peers(body):
                yield from _peer(peer, namespace)
        case "ServiceMonitor" | "PodMonitor" as kind:
            names = spec.get("namespaceSelector", {}).get("matchNames", [namespace])
            selected = "Service" if kind == "ServiceMonitor" else "Pod"
            yield from _selection(selected, names, spec["selector"].get("matchLabels", {}))


def peers(policy: Body) -> Iterator[Body]:
    """Give every peer of a network policy."""
    for direction, side in (("ingress", "from"), ("egress", "to")):
        for rule in policy["spec"].get(direction, ()):
            yield from rule.get(side, ())


def selected_by(labels: Labels, namespace: str, pods: list[Pod]) -> list[Pod]:
    """Give the pods of a namespace that have these labels."""
    return [pod for pod in pods if pod.namespace == namespace and labels.items() <= pod.labels.items()]


def holds(expression: Body, labels: Labels) -> bool:
    """Say whether labels match an expression of a selector."""
    value = labels.get(expression["key"])
    match expression["operator"]:
        case "In":
            return value in expression["values"]
        case "NotIn":
            return value not in expression["values"]
        case "Exists":
            return value is not None
        case _:
            return value is None


def _peer(peer: Body, namespace: str) -> Iterator[Selection]:
    labels = peer.get("podSelector", {}).get("matchLabels", {})
    selector = peer.get("namespaceSelector", {"matchLabels": {NAMESPACE_LABEL: namespace}})
    if name := selector.get("matchLabels", {}).get(NAMESPACE_LABEL):
        yield from _selection("Pod", [name], labels)
    for each in selector.get("matchExpressions", ()):
        if each["key"] == NAMESPACE_LABEL and each["operator"] == "In":
            yield from _selection("Pod", each["values"], labels)


def _selection(kind: str, namespaces: list[str], labels: Labels) -> Iterator[Selection]:
    if labels:
        yield Selection(kind, tuple(sorted(namespaces)), tuple(sorted(labels.items())))


def _matches(selection: Selection, pods: list[Pod], services: list[Body]) -> bool:
    labels = dict(selection.labels)
    for namespace in selection.namespaces:
        if selection.kind == "Pod":
            runtime = (each for each in PODS if each.namespace == namespace)
            if selected_by(labels, namespace, pods) or any(
                labels.items() <= each.labels.items() for each in runtime
            ):
                return True
        elif any(
            service["metadata"].get("namespace") == namespace
            and labels.items() <= service["metadata"].get("labels", {}).items()
            for service in services
        ):
            return True
    return False
