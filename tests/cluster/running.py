"""Objects as tests look at them and wait for them."""

from collections.abc import Callable
from typing import Any

from charts_src.objects import Body
from tools.cluster.plane import Plane
from tools.cluster.waiting import eventually


def running_pods(plane: Plane, namespace: str, labels: str) -> list[Body]:
    """Give the pods of a namespace that a label selector selects and that run."""
    found = plane.api.list("v1", "Pod", namespace, labels)
    return [pod for pod in found if pod["status"].get("phase") == "Running"]


def becomes(
    plane: Plane,
    body: Body,
    check: Callable[[Body], Any],
    seconds: float = 60,
    message: Callable[[], str] = lambda: "",
) -> Any:
    """Wait until `check` of the status of an object gives something true, and give that."""
    where = body["apiVersion"], body["kind"], body["metadata"]["name"], body["metadata"]["namespace"]

    def status() -> Body:
        found: Body = (plane.api.get(*where) or {}).get("status", {})
        return found

    return eventually(
        lambda: check(status()), seconds, lambda: f"{where[1:]} has only {status()}\n{message()}"
    )
