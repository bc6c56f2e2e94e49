"""The operators, each with no right but those that are rendered for it, make of our objects what they should.

In a scheduled pod nothing runs (kwok says that it is ready), so that what an operator asks a pod for does not
come: a RayService gets its cluster and pods, but is not Ready.
"""

import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from charts_src import workspace
from charts_src.objects import Body
from tests.cluster.pretraining import mpi_job
from tools.cluster.nodes import environment_nodes
from tools.cluster.operators import OPERATORS, start_operator
from tools.cluster.plane import Plane
from tools.cluster.plane import plane as running
from tools.cluster.tree import install
from tools.cluster.waiting import eventually

ENV = "dev"
RAY = "ray.io/v1"
MPI = "kubeflow.org/v2beta1"
KUEUE = "kueue.x-k8s.io/v1beta2"
WORKFLOW = "argoproj.io/v1alpha1"


@pytest.fixture(scope="module")
def plane(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Plane]:
    with running(tmp_path_factory.mktemp("operators") / "state") as found:
        for node in environment_nodes(ENV, copies=4):
            found.api.create(node)
        install(found, ENV)
        for operator in OPERATORS:
            start_operator(found, ENV, operator)
        yield found


def rendered(kind: str) -> list[Body]:
    return [body for key, body in workspace.objects(ENV).items() if key.kind == kind]


def becomes(plane: Plane, body: Body, check: Callable[[Any], Any], seconds: float = 60) -> Any:
    """Wait until the status of an object passes a check."""
    where = body["apiVersion"], body["kind"], body["metadata"]["name"], body["metadata"]["namespace"]

    def status() -> Any:
        return (plane.api.get(*where) or {}).get("status", {})

    return eventually(lambda: check(status()), seconds, lambda: f"{where[1:]} has only {status()}")


def conditions(status: Body) -> dict[str, str]:
    return {each["type"]: each["status"] for each in status.get("conditions", ())}


def pending(plane: Plane, namespace: str) -> str:
    """Say why pods of a namespace wait."""
    waiting = [
        pod for pod in plane.api.list("v1", "Pod", namespace) if pod["status"].get("phase") == "Pending"
    ]
    reasons = [
        f"{pod['metadata']['name']} on {pod['spec'].get('nodeName')}: {each.get('message')}"
        for pod in waiting
        for each in pod["status"].get("conditions", [{}])
    ]
    return "; ".join(reasons) or "no pod waits"


def running_pods(plane: Plane, namespace: str, labels: str) -> list[Body]:
    found = plane.api.list("v1", "Pod", namespace, labels)
    return [pod for pod in found if pod["status"].get("phase") == "Running"]


@pytest.mark.parametrize("service", rendered("RayService"), ids=lambda body: body["metadata"]["name"])
def test_a_ray_service_gets_its_cluster_with_a_head_that_runs(plane: Plane, service: Body) -> None:
    name, namespace = service["metadata"]["name"], service["metadata"]["namespace"]
    status = becomes(plane, service, lambda status: status if status.get("pendingServiceStatus") else None)
    cluster = status["pendingServiceStatus"]["rayClusterName"]
    assert cluster.startswith(name)
    labels = f"ray.io/cluster={cluster},ray.io/node-type=head"
    (head,) = eventually(
        lambda: running_pods(plane, namespace, labels),
        60,
        lambda: f"no head runs: {pending(plane, namespace)}",
    )
    wanted = service["spec"]["rayClusterConfig"]["headGroupSpec"]["template"]["spec"]
    node = plane.api.get("v1", "Node", head["spec"]["nodeName"])
    assert node is not None
    assert wanted["nodeSelector"].items() <= node["metadata"]["labels"].items()
    assert head["spec"]["serviceAccountName"] == wanted["serviceAccountName"]


def test_the_ray_cluster_gets_ready(plane: Plane) -> None:
    for cluster in rendered("RayCluster"):
        becomes(plane, cluster, lambda status: conditions(status).get("HeadPodReady") == "True")


def test_kueue_admits_an_mpi_job_and_it_succeeds(plane: Plane) -> None:
    job = plane.api.create(mpi_job(ENV, "check-network"))
    becomes(plane, job, lambda status: conditions(status).get("Succeeded") == "True", 90)
    namespace = job["metadata"]["namespace"]
    (workload,) = [
        each
        for each in plane.api.list(KUEUE, "Workload", namespace)
        if each["metadata"]["ownerReferences"][0]["name"] == job["metadata"]["name"]
    ]
    assert conditions(workload["status"])["Admitted"] == "True"


def test_every_queue_is_active(plane: Plane) -> None:
    for queue in rendered("ClusterQueue"):
        body = {**queue, "metadata": {**queue["metadata"], "namespace": ""}}
        becomes(plane, body, lambda status: conditions(status).get("Active") == "True")
    for queue in rendered("LocalQueue"):
        becomes(plane, queue, lambda status: conditions(status).get("Active") == "True")


def test_a_workflow_of_a_rendered_template_runs_to_its_end(plane: Plane) -> None:
    (template,) = (
        body
        for body in rendered("WorkflowTemplate")
        if body["metadata"]["name"] == "llama2-prune-checkpoints"
    )
    workflow = plane.api.create(
        {
            "apiVersion": WORKFLOW,
            "kind": "Workflow",
            "metadata": {"name": "proof", "namespace": template["metadata"]["namespace"]},
            "spec": {"workflowTemplateRef": {"name": template["metadata"]["name"]}},
        }
    )
    becomes(plane, workflow, lambda status: status.get("phase") == "Succeeded", 90)


def test_an_operator_that_is_killed_goes_on_where_it_was(plane: Plane) -> None:
    (process,) = (each for each in plane.processes if each.name == "kuberay-operator")
    (cluster,) = rendered("RayCluster")
    name, namespace = cluster["metadata"]["name"], cluster["metadata"]["namespace"]
    process.restart()
    (head,) = running_pods(plane, namespace, f"ray.io/cluster={name},ray.io/node-type=head")
    plane.api.delete("v1", "Pod", head["metadata"]["name"], namespace)

    def another() -> bool:
        now = running_pods(plane, namespace, f"ray.io/cluster={name},ray.io/node-type=head")
        return bool(now) and now[0]["metadata"]["uid"] != head["metadata"]["uid"]

    eventually(another, 90, lambda: f"the head was not replaced\n{process.tail()}")


def test_no_operator_has_ended(plane: Plane) -> None:
    names = {each.deployment for each in OPERATORS}
    ended = [each.tail() for each in plane.processes if each.name in names and not each.alive()]
    assert not ended


def test_no_operator_was_refused_anything(plane: Plane) -> None:
    time.sleep(2)  # the audit log is written in batches
    refused = {
        (event.user, event.verb, event.group, event.resource, event.namespace)
        for event in plane.forbidden()
        if event.decision == "forbid"
    }
    assert refused == set()


def test_a_right_that_is_missing_is_seen(plane: Plane) -> None:
    """The known-bad sample of the test above."""
    api = plane.api
    role = api.get("rbac.authorization.k8s.io/v1", "ClusterRole", "kuberay-operator")
    assert role is not None
    rules = [rule for rule in role["rules"] if "pods" not in rule["resources"]]
    assert rules != role["rules"]
    api.merge("rbac.authorization.k8s.io/v1", "ClusterRole", "kuberay-operator", {"rules": rules})
    (process,) = (each for each in plane.processes if each.name == "kuberay-operator")
    process.restart()

    def seen() -> bool:
        return any(
            (event.resource, event.decision) == ("pods", "forbid")
            for event in plane.forbidden("system:serviceaccount:kuberay-system:")
        )

    eventually(seen, 60, "nothing in the audit log")
