"""The operators, each with no right but those that are rendered for it, make of our objects what they should.

In a scheduled pod nothing runs (kwok says that it is ready), so that what an operator asks a pod for does not
come: a RayService gets its cluster and pods, but is not Ready.
"""

import time

import pytest

from charts_src.objects import Body
from tests.cluster.pretraining import mpi_job
from tests.cluster.running import becomes, running_pods
from tools.cluster.operators import OPERATORS
from tools.cluster.plane import Plane
from tools.cluster.tree import rendered
from tools.cluster.waiting import eventually

KUEUE = "kueue.x-k8s.io/v1beta2"
WORKFLOW = "argoproj.io/v1alpha1"


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


def test_every_ray_service_gets_its_cluster_with_a_head_that_runs(operated: Plane, env: str) -> None:
    services = rendered(env, "RayService")
    assert services
    for service in services:
        gets_its_cluster(operated, service)


def gets_its_cluster(plane: Plane, service: Body) -> None:
    name, namespace = service["metadata"]["name"], service["metadata"]["namespace"]
    status = becomes(plane, service, lambda status: status if status.get("pendingServiceStatus") else None)
    cluster = status["pendingServiceStatus"]["rayClusterName"]
    assert cluster.startswith(name)
    labels = f"ray.io/cluster={cluster},ray.io/node-type=head"
    (head,) = some_run(plane, namespace, labels)
    wanted = service["spec"]["rayClusterConfig"]["headGroupSpec"]["template"]["spec"]
    node = plane.api.get("v1", "Node", head["spec"]["nodeName"])
    assert node is not None
    assert wanted["nodeSelector"].items() <= node["metadata"]["labels"].items()
    assert head["spec"]["serviceAccountName"] == wanted["serviceAccountName"]


def test_the_ray_cluster_gets_ready(operated: Plane, env: str) -> None:
    for cluster in rendered(env, "RayCluster"):
        becomes(operated, cluster, lambda status: conditions(status).get("HeadPodReady") == "True")


def test_kueue_admits_an_mpi_job_and_it_succeeds(operated: Plane, env: str) -> None:
    job = operated.api.create(mpi_job(env, "check-network"))
    becomes(operated, job, lambda status: conditions(status).get("Succeeded") == "True", 90)
    namespace = job["metadata"]["namespace"]
    (workload,) = [
        each
        for each in operated.api.list(KUEUE, "Workload", namespace)
        if each["metadata"]["ownerReferences"][0]["name"] == job["metadata"]["name"]
    ]
    assert conditions(workload["status"])["Admitted"] == "True"


@pytest.mark.parametrize("env", ["dev", "staging"], indirect=True)
def test_kueue_admits_every_ray_job_and_its_pods_run(operated: Plane, env: str) -> None:
    jobs = rendered(env, "RayJob")
    assert jobs
    for job in jobs:
        cluster = becomes(operated, job, lambda status: status.get("rayClusterName"))
        namespace = job["metadata"]["namespace"]
        for kind in ("head", "worker"):
            some_run(operated, namespace, f"ray.io/cluster={cluster},ray.io/node-type={kind}")


def some_run(plane: Plane, namespace: str, labels: str) -> list[Body]:
    """Wait until pods run, and give them."""
    return eventually(
        lambda: running_pods(plane, namespace, labels),
        60,
        lambda: f"no pod {labels} runs: {pending(plane, namespace)}",
    )


def test_every_queue_is_active(operated: Plane, env: str) -> None:
    for queue in rendered(env, "ClusterQueue"):
        body = {**queue, "metadata": {**queue["metadata"], "namespace": ""}}
        becomes(operated, body, lambda status: conditions(status).get("Active") == "True")
    for queue in rendered(env, "LocalQueue"):
        becomes(operated, queue, lambda status: conditions(status).get("Active") == "True")


def test_a_workflow_of_a_rendered_template_runs_to_its_end(operated: Plane, env: str) -> None:
    (template,) = rendered(env, "WorkflowTemplate", "llama2-prune-checkpoints")
    workflow = operated.api.create(
        {
            "apiVersion": WORKFLOW,
            "kind": "Workflow",
            "metadata": {"name": "proof", "namespace": template["metadata"]["namespace"]},
            "spec": {"workflowTemplateRef": {"name": template["metadata"]["name"]}},
        }
    )
    becomes(operated, workflow, lambda status: status.get("phase") == "Succeeded", 90)


def test_a_spark_application_gets_its_driver(operated: Plane, env: str) -> None:
    (scheduled,) = rendered(env, "ScheduledSparkApplication")
    namespace = scheduled["metadata"]["namespace"]
    application = operated.api.create(
        {
            "apiVersion": scheduled["apiVersion"],
            "kind": "SparkApplication",
            "metadata": {"name": "proof", "namespace": namespace},
            "spec": scheduled["spec"]["template"],
        }
    )
    becomes(
        operated,
        application,
        lambda status: status.get("applicationState", {}).get("state") == "RUNNING",
        120,
    )
    (driver,) = running_pods(operated, namespace, "spark-role=driver,sparkoperator.k8s.io/app-name=proof")
    wanted = scheduled["spec"]["template"]["driver"]["template"]["spec"]
    node = operated.api.get("v1", "Node", driver["spec"]["nodeName"])
    assert node is not None
    assert wanted["nodeSelector"].items() <= node["metadata"]["labels"].items()
    assert driver["spec"]["serviceAccountName"] == "spark-driver"
    assert driver["spec"]["securityContext"] == wanted["securityContext"]


def test_an_operator_that_is_killed_goes_on_where_it_was(operated: Plane, env: str) -> None:
    (process,) = (each for each in operated.processes if each.name == "kuberay-operator")
    (cluster,) = rendered(env, "RayCluster")
    name, namespace = cluster["metadata"]["name"], cluster["metadata"]["namespace"]
    process.restart()
    (head,) = running_pods(operated, namespace, f"ray.io/cluster={name},ray.io/node-type=head")
    operated.api.delete("v1", "Pod", head["metadata"]["name"], namespace)

    def another() -> bool:
        now = running_pods(operated, namespace, f"ray.io/cluster={name},ray.io/node-type=head")
        return bool(now) and now[0]["metadata"]["uid"] != head["metadata"]["uid"]

    eventually(another, 90, lambda: f"the head was not replaced\n{process.tail()}")


def test_no_operator_has_ended(operated: Plane) -> None:
    names = {each.deployment for each in OPERATORS}
    ended = [each.tail() for each in operated.processes if each.name in names and not each.alive()]
    assert not ended


def test_no_operator_was_refused_anything(operated: Plane) -> None:
    time.sleep(2)  # the audit log is written in batches
    assert operated.unauthorized() == []
