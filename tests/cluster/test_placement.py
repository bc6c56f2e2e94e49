"""The scheduler puts every pod on a node of the kind that it is meant for."""

import pytest

from charts_src.lib.accelerators import ACCELERATOR_LABEL, PURPOSE_LABEL
from charts_src.objects import Body
from charts_src.proofs.fitting import requests
from charts_src.proofs.pods import Pod, all_pods
from tools.cluster.pending import plain
from tools.cluster.plan_nodes import open_namespace
from tools.cluster.plane import Plane
from tools.cluster.tree import Installed, rendered_objects
from tools.cluster.volumes import Provisioner
from tools.cluster.waiting import eventually

NAMESPACE = "placed"


Kind = tuple[str, str]
"""Accelerator and purpose of a node."""


def kinds(plane: Plane, env: str) -> list[tuple[Pod, Kind]]:
    """Place every pod of every object but daemons, one after the other, and give the kind of its node."""
    open_namespace(plane.api, NAMESPACE)
    labels = {node["metadata"]["name"]: node["metadata"]["labels"] for node in plane.api.list("v1", "Node")}
    found = []
    for index, pod in enumerate(each for each in all_pods(rendered_objects(env).values()) if not each.daemon):
        node = labels[placed(plane, pod, f"pod-{index}")]
        found.append((pod, (node.get(ACCELERATOR_LABEL, "none"), node.get(PURPOSE_LABEL, ""))))
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


PURPOSE = {
    "RayCluster ray/shared": "inference",
    "RayJob training/sdxl-smoke": "training",
    "RayJob training/train-smoke": "training",
    "RayService llm/llm": "inference",
    "RayService stable-diffusion/stable-diffusion-gpu": "inference",
    "RayService stable-diffusion/stable-diffusion-inf2": "inference",
    "WorkflowTemplate training/llama2-pretraining": "training",
    "WorkflowTemplate training/stable-diffusion-finetune": "inference",
}
"""What the nodes are for on which the pods with accelerators of an object run."""

NEURON = {"inference": "inferentia", "training": "trainium"}


def meant(pod: Pod) -> Kind:
    """Say what kind of node a pod is meant for, by what it is of and which accelerator it asks for."""
    owner, asked = str(pod.owner), requests(pod.spec)
    if "nvidia.com/gpu" in asked:
        return "nvidia", PURPOSE[owner]
    if "aws.amazon.com/neuron" in asked:
        return NEURON[PURPOSE[owner]], PURPOSE[owner]
    if pod.owner.kind == "ScheduledSparkApplication":
        return "none", "batch"
    return "none", "cluster" if owner == "Deployment karpenter/karpenter" else "system"


@pytest.mark.usefixtures("installed")
def test_every_pod_is_on_a_node_of_the_kind_that_it_is_meant_for(own: Plane, env: str) -> None:
    found = kinds(own, env)
    accelerators = {accelerator for _, (accelerator, _) in found}
    assert {"none", "nvidia", "trainium"} <= accelerators
    wrong = {str(pod): (kind, meant(pod)) for pod, kind in found if kind != meant(pod)}
    assert wrong == {}


def test_every_pod_of_a_controller_runs(own: Plane, installed: Installed) -> None:
    controllers = {key.kind for key in installed.objects} & {"DaemonSet", "Deployment", "StatefulSet"}
    assert {"DaemonSet", "Deployment"} <= controllers

    def all_run() -> bool:
        pods = own.api.list("v1", "Pod")
        phases = {pod["status"].get("phase") for pod in pods}
        return len(pods) > 50 and phases <= {"Running", "Succeeded"}

    with Provisioner(own.api):
        eventually(all_run, 120, lambda: waiting(own.api.list("v1", "Pod")))
