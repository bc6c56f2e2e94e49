"""The kubectl commands of the rendered teardown, run as they are, leave nothing behind that is stuck."""

import subprocess
from collections.abc import Iterator

import pytest

from charts_src import ROOT
from charts_src.cloud.teardown import WORKLOADS
from charts_src.objects import Body
from charts_src.steps.plan import Command, Step, Wait, read
from tools.cluster.binaries import binary
from tools.cluster.operators import OPERATORS
from tools.cluster.plane import Plane
from tools.cluster.tree import rendered
from tools.cluster.volumes import Provisioner
from tools.cluster.waiting import eventually

OF_ARGOCD = ("argocd-controller", "argocd-root", "argocd-applications")
"""Steps that stop what does not run here."""


def kubectl(plane: Plane, command: Command, word: str = "") -> str:
    arguments = [
        part.replace("{}", word) if word else part for part in command[1:] if "--kubeconfig" not in part
    ]
    done = subprocess.run(
        [binary("kubectl"), f"--kubeconfig={plane.kubeconfig}", *arguments],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, f"{command}: {done.stderr}"
    return done.stdout.strip()


def is_kubectl(command: Command) -> bool:
    return command[0] == "kubectl"


def run(plane: Plane, step: Step) -> None:
    """Run what a step asks of Kubernetes, as the steps' runner does."""
    asked = [check for check in step.done if is_kubectl(check.run)]
    if any(kubectl(plane, check.run) == check.prints for check in asked):
        return
    words = kubectl(plane, step.each).split() if step.each and is_kubectl(step.each) else [""]
    for command in filter(is_kubectl, step.run):
        for word in words:
            kubectl(plane, command, word)
    for wait in step.wait:
        if is_kubectl(wait.run):
            wait_for(plane, step.name, wait)


def wait_for(plane: Plane, step: str, wait: Wait) -> None:
    def holds() -> bool:
        return kubectl(plane, wait.run) == wait.prints

    eventually(holds, 90, lambda: f"{step}: {kubectl(plane, wait.run)} is left")


def stop_operators_without_deployment(plane: Plane) -> None:
    left = {each["metadata"]["name"] for each in plane.api.list("apps/v1", "Deployment")}
    for process in plane.processes:
        if process.name in {each.deployment for each in OPERATORS} - left:
            process.stop()


@pytest.fixture(scope="module")
def torn_down(operated: Plane, env: str) -> Plane:
    plan = ROOT / "rendered" / env / "aws" / "teardown.yaml"
    steps = [step for step in read(plan).steps if step.name not in OF_ARGOCD]
    with Provisioner(operated.api):
        for step in steps:
            run(operated, step)
            stop_operators_without_deployment(operated)
    return operated


def versions(plane: Plane) -> list[str]:
    groups = plane.api.request("GET", "/apis").json()["groups"]
    return ["/api/v1", *(f"/apis/{group['preferredVersion']['groupVersion']}" for group in groups)]


def everything(plane: Plane) -> Iterator[Body]:
    for path in versions(plane):
        for each in plane.api.request("GET", path).json()["resources"]:
            if "/" not in each["name"] and {"list", "delete"} <= set(each["verbs"]):
                yield from plane.api.list(version_of(path), each["kind"])


def version_of(path: str) -> str:
    return path.removeprefix("/apis/").removeprefix("/api/")


def test_nothing_is_stuck_in_its_deletion(torn_down: Plane) -> None:
    def stuck() -> list[str]:
        return [
            f"{each['kind']} {each['metadata'].get('namespace', '')}/{each['metadata']['name']}"
            for each in everything(torn_down)
            if "deletionTimestamp" in each["metadata"]
        ]

    eventually(lambda: not stuck(), 60, lambda: f"stuck: {stuck()}")


def test_no_workload_volume_node_or_entrance_is_left(torn_down: Plane) -> None:
    kinds = {*(name.partition(".")[0] for name in WORKLOADS)}
    kinds |= {
        "persistentvolumeclaims",
        "ingresses",
        "nodepools",
        "ec2nodeclasses",
        "jobs",
    }
    served = {
        resource["name"]: (version, resource["kind"])
        for version in versions(torn_down)
        for resource in torn_down.api.request("GET", version).json()["resources"]
    }
    assert kinds <= set(served)
    left = {}
    for kind in kinds:
        path, name = served[kind]
        left[name] = torn_down.api.list(version_of(path), name)
    assert {kind: found for kind, found in left.items() if found} == {}


def test_the_volumes_that_are_left_are_those_to_keep(torn_down: Plane, env: str) -> None:
    left = {body["metadata"]["name"] for body in torn_down.api.list("v1", "PersistentVolume")}
    retained = {
        body["metadata"]["name"]
        for body in rendered(env, "PersistentVolume")
        if body["spec"]["persistentVolumeReclaimPolicy"] == "Retain"
    }
    assert left == retained


def test_only_daemons_still_run(torn_down: Plane) -> None:
    def others() -> list[str]:
        return [
            f"{pod['metadata']['namespace']}/{pod['metadata']['name']}"
            for pod in torn_down.api.list("v1", "Pod")
            if not any(owner["kind"] == "DaemonSet" for owner in pod["metadata"].get("ownerReferences", ()))
        ]

    eventually(lambda: not others(), 60, lambda: f"left: {others()}")
