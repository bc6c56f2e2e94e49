"""Limits that no node has: a digit or a unit too many, which takes the limit away without a word."""

from collections.abc import Iterator, Sequence

from charts_src.lib.quantities import mebibytes, millicores
from charts_src.objects import all_containers
from charts_src.proofs.fitting import obstacles
from charts_src.proofs.nodes import Node
from charts_src.proofs.pods import Pod
from charts_src.proofs.tree import Failure


def unreachable(pods: Sequence[Pod], nodes: Sequence[Node]) -> list[Failure]:
    """Find containers whose limit is above what any node has that the pod may land on, sorted."""
    return sorted(failure for pod in pods for failure in _pod(pod, nodes))


def _pod(pod: Pod, nodes: Sequence[Node]) -> Iterator[Failure]:
    landing = [node for node in nodes if not any(obstacles(pod.spec, node, {}))]
    if not landing:
        return
    for path, container in all_containers(pod.spec):
        limits = container.get("resources", {}).get("limits", {})
        for resource, number in (("cpu", millicores), ("memory", mebibytes)):
            most = max(node.capacity.get(resource, 0) for node in landing)
            if resource in limits and number(limits[resource]) > most:
                message = (
                    f"{path} has a limit of {limits[resource]} {resource}, more than any of its nodes has"
                )
                yield Failure(str(pod), f"{message}; lower it")
