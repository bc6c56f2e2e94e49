"""The scheduler puts every pod on a node of the kind that it is meant for."""

import pytest

from charts_src import workspace
from charts_src.lib.accelerators import ACCELERATOR_LABEL, PURPOSE_LABEL
from charts_src.objects import Body
from charts_src.proofs.pods import Pod, all_pods
from tools.cluster.pending import plain
from tools.cluster.plan_nodes import open_namespace
from tools.cluster.plane import Plane
from tools.cluster.tree import Installed
from tools.cluster.volumes import Provisioner
from tools.cluster.waiting import eventually

NAMESPACE = "placed"


Kind = tuple[str, str]
"""Accelerator and purpose of a node; the managed node group has neither label."""


def kinds(plane: Plane, env: str) -> list[tuple[Pod, Kind]]:
    """Place every pod of every object but daemons, one after the other, and give the kind of its node."""
    open_namespace(plane.api, NAMESPACE)
    labels = {node["metadata"]["name"]: node["metadata"]["labels"] for node in plane.api.list("v1", "Node")}
    found = []
    for index, pod in enumerate(
        each for each in all_pods(workspace.objects(env).values()) if not each.daemon
    ):
        node = labels[placed(plane, pod, f"pod-{index}")]
        found.append((pod, (node.get(ACCELERATOR_LABEL, "none"), node.get(PURPOSE_LABEL, "managed"))))
    return found


def placed(plane: Plane, pod: Pod, name: str) -> str:
    """Name the node that the scheduler chooses for a pod."""
    body = plain(pod, name, name, NAMESPACE)
    body["spec"].pop("schedulerName", None)  # the Neuron scheduler is this one with an extender
    body["metadata"]["labels"] = {}  # so that no budget and no anti-affinity counts it
    plane.api.create(body)

    def now() -> Body:
        return plane.api.get("v1", "Pod", name, NAMESPACE) or {"spec": {}, "status": {}}

    node = eventually(lambda: now()["spec"].get("nodeName"), 30, lambda: f"{pod}: {waiting([now()])}")
    plane.api.delete("v1", "Pod", name, NAMESPACE)
    return str(node)


def waiting(pods: list[Body]) -> str:
    """Say why pods wait."""
    return "; ".join(
        f"{pod['metadata']['namespace']}/{pod['metadata']['name']}: {each.get('message')}"
        for pod in pods
        if not pod["spec"].get("nodeName")
        for each in pod["status"].get("conditions", [{}])
    )


@pytest.mark.usefixtures("installed")
def test_every_pod_is_on_a_node_of_its_accelerator_and_purpose(own: Plane, env: str) -> None:
    found: dict[Kind, set[str]] = {}
    for pod, kind in kinds(own, env):
        found.setdefault(kind, set()).add(str(pod))
    print(found)
    assert found == {}


def test_every_pod_of_a_controller_runs(own: Plane, installed: Installed) -> None:
    controllers = {key.kind for key in installed.objects} & {"DaemonSet", "Deployment", "StatefulSet"}
    assert {"DaemonSet", "Deployment"} <= controllers

    def all_run() -> bool:
        pods = own.api.list("v1", "Pod")
        phases = {pod["status"].get("phase") for pod in pods}
        return len(pods) > 50 and phases <= {"Running", "Succeeded"}

    with Provisioner(own.api):
        eventually(all_run, 120, lambda: waiting(own.api.list("v1", "Pod")))
