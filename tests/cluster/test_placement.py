"""The scheduler puts every pod on a node of the kind that it is meant for."""

from collections.abc import Iterator

import pytest

from charts_src import workspace
from charts_src.lib.accelerators import ACCELERATOR_LABEL, PURPOSE_LABEL
from charts_src.objects import Body
from charts_src.proofs.pods import Pod, all_pods
from tools.cluster.pending import plain
from tools.cluster.plan_nodes import open_namespace
from tools.cluster.plane import Plane
from tools.cluster.volumes import Provisioner
from tools.cluster.waiting import eventually

NAMESPACE = "placed"


@pytest.fixture(scope="module")
def pods(operated: Plane, env: str) -> Iterator[dict[Pod, Body]]:
    """Give every pod of every rendered object but daemons, once, with what the scheduler made of it."""
    api = operated.api
    open_namespace(api, NAMESPACE)
    wanted = {
        f"p-{index}": pod
        for index, pod in enumerate(
            each for each in all_pods(workspace.objects(env).values()) if not each.daemon
        )
    }
    for name, pod in wanted.items():
        body = plain(pod, name, name, NAMESPACE)
        body["spec"].pop("schedulerName", None)  # the Neuron scheduler is this one with an extender
        body["metadata"]["labels"] = {}  # so that no budget and no anti-affinity counts it
        api.create(body)
    eventually(lambda: all(bound(each) for each in placed(operated)), 60, lambda: waiting(placed(operated)))
    yield {wanted[each["metadata"]["name"]]: each for each in placed(operated)}
    for name in wanted:
        api.delete("v1", "Pod", name, NAMESPACE)


def placed(plane: Plane) -> list[Body]:
    return plane.api.list("v1", "Pod", NAMESPACE)


def bound(pod: Body) -> bool:
    return bool(pod["spec"].get("nodeName"))


def waiting(pods: list[Body]) -> str:
    """Say why pods wait."""
    return "; ".join(
        f"{pod['metadata']['namespace']}/{pod['metadata']['name']}: {each.get('message')}"
        for pod in pods
        if not bound(pod)
        for each in pod["status"].get("conditions", [{}])
    )


def test_every_pod_is_on_a_node_of_its_accelerator_and_purpose(
    operated: Plane, pods: dict[Pod, Body]
) -> None:
    labels = {
        node["metadata"]["name"]: node["metadata"]["labels"] for node in operated.api.list("v1", "Node")
    }
    found: dict[tuple[str, str], set[str]] = {}
    for pod, body in pods.items():
        node = labels[body["spec"]["nodeName"]]
        kind = node.get(ACCELERATOR_LABEL, "none"), node.get(PURPOSE_LABEL, "system")
        found.setdefault(kind, set()).add(str(pod))
    print(found)
    assert found == {}


def test_every_pod_of_a_controller_runs(operated: Plane) -> None:
    def running() -> bool:
        return all(
            pod["status"].get("phase") in ("Running", "Succeeded") for pod in operated.api.list("v1", "Pod")
        )

    with Provisioner(operated.api):
        eventually(running, 90, lambda: waiting(operated.api.list("v1", "Pod")))
    assert len(operated.api.list("v1", "Pod")) > 50
