"""Limits that no node has, and volumes in memory that are above the limit of their container."""

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


def over_memory(pods: Sequence[Pod]) -> list[Failure]:
    """Find volumes in memory that are larger than what their container may have, which they count against.

    Source: Kubernetes, Volumes, emptyDir: "files you write count against the memory limit of the container".
    """
    found = []
    for pod in pods:
        sizes = {
            volume["name"]: volume["emptyDir"].get("sizeLimit")
            for volume in pod.spec.get("volumes", ())
            if volume.get("emptyDir", {}).get("medium") == "Memory"
        }
        for path, container in all_containers(pod.spec):
            limit = container.get("resources", {}).get("limits", {}).get("memory")
            for mount in container.get("volumeMounts", ()):
                size = sizes.get(mount["name"])
                if size and limit and mebibytes(size) > mebibytes(limit):
                    message = (
                        f"{path} may use {limit} of memory, its volume {mount['name']} has {size}; lower that"
                    )
                    found.append(Failure(str(pod), message))
    return sorted(found)
