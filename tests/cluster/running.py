"""Pods as tests look for them."""

from charts_src.objects import Body
from tools.cluster.plane import Plane


def running_pods(plane: Plane, namespace: str, labels: str) -> list[Body]:
    """Give the pods of a namespace that a label selector selects and that run."""
    found = plane.api.list("v1", "Pod", namespace, labels)
    return [pod for pod in found if pod["status"].get("phase") == "Running"]
