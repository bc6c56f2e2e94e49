"""Queues of Kueue and the nodes behind them.

Source: webhooks of kueue v0.19.2 (pkg/webhooks/clusterqueue_webhook.go): each flavor of a group has a quota
for each resource that the group covers, in the same order.
"""

from collections.abc import Iterator, Sequence

from charts_src.objects import Body, Identity
from charts_src.proofs.nodes import Node
from charts_src.proofs.tree import Failure, Objects


def wrong(objects: Objects, nodes: Sequence[Node]) -> list[Failure]:
    """Find quotas that Kueue refuses or that no node can fill, and queues that lead to nobody, sorted."""
    flavors = {
        body["metadata"]["name"]: body for body in objects.values() if body["kind"] == "ResourceFlavor"
    }
    found = [failure for flavor in flavors.values() for failure in _flavor(flavor, nodes)]
    served = {body["spec"]["clusterQueue"] for body in objects.values() if body["kind"] == "LocalQueue"}
    for identity, body in objects.items():
        if identity.kind == "ClusterQueue":
            found += [Failure(str(identity), problem) for problem in _queue(body, flavors, nodes)]
            if identity.name not in served:
                found.append(Failure(str(identity), "no LocalQueue leads to it; add one"))
    return sorted(found)


def _behind(flavor: Body, nodes: Sequence[Node]) -> list[Node]:
    labels = flavor.get("spec", {}).get("nodeLabels", {})
    return [node for node in nodes if all(value in node.labels.get(key, ()) for key, value in labels.items())]


def _flavor(flavor: Body, nodes: Sequence[Node]) -> Iterator[Failure]:
    if not flavor.get("spec", {}).get("nodeLabels"):
        yield Failure(
            str(Identity.of(flavor)), "has no nodeLabels: its quota is for nodes of every kind; add them"
        )
    elif not _behind(flavor, nodes):
        labels = ", ".join(f"{key}={value}" for key, value in flavor["spec"].get("nodeLabels", {}).items())
        yield Failure(str(Identity.of(flavor)), f"no kind of node has the labels {labels}; correct them")


def _queue(queue: Body, flavors: dict[str, Body], nodes: Sequence[Node]) -> Iterator[str]:
    for group, each in enumerate(queue["spec"].get("resourceGroups", ())):
        covered = each["coveredResources"]
        for index, flavor in enumerate(each["flavors"]):
            path = f"spec.resourceGroups[{group}].flavors[{index}].resources"
            named = [resource["name"] for resource in flavor["resources"]]
            if named != covered:
                yield f"{path}: has {', '.join(named)}, the group covers {', '.join(covered)}; list the same"
            if known := flavors.get(flavor["name"]):
                yield from _empty_quotas(path, flavor, _behind(known, nodes))


def _empty_quotas(path: str, flavor: Body, nodes: Sequence[Node]) -> Iterator[str]:
    """A quota of something that no node of the flavor has is a mistake in one of the two."""
    for index, resource in enumerate(flavor["resources"]):
        name, quota = resource["name"], str(resource["nominalQuota"])
        if quota != "0" and nodes and not any(node.capacity.get(name) for node in nodes):
            yield f"{path}[{index}]: {quota} of {name}, which no node of {flavor['name']} has; correct either"
