"""Whose pods end when a change is merged, and how."""

from copy import deepcopy

import pytest

from charts_src.objects import Body
from charts_src.review.effects.restarts import Restart, restarts
from tests.review.effects.pairs import body, pair, workload


def outcome(old: Body, new: Body) -> tuple[str, str, int | None] | None:
    found: list[Restart] = restarts(pair([old], [new]))
    if not found:
        return None
    (one,) = found
    return one.when, one.how, one.pods


def changed_image(kind: str, **spec: object) -> tuple[str, str, int | None] | None:
    return outcome(workload(kind, "quay.io/a/b:v1", **spec), workload(kind, "quay.io/a/b:v2", **spec))


def test_a_deployment_rolls_by_its_budget() -> None:
    rolling = {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": 0, "maxSurge": 1}}
    assert changed_image("Deployment", replicas=3, strategy=rolling) == (
        "now",
        "rolling: at most 0 away, 1 more at a time",
        3,
    )


def test_a_deployment_without_a_strategy_rolls_by_quarters() -> None:
    assert changed_image("Deployment") == ("now", "rolling: at most 25% away, 25% more at a time", 1)


def test_a_deployment_that_recreates_ends_all_its_pods_first() -> None:
    assert changed_image("Deployment", replicas=2, strategy={"type": "Recreate"}) == (
        "now",
        "Recreate: all pods end, then new ones start",
        2,
    )


def test_a_paused_deployment_keeps_its_pods() -> None:
    found = changed_image("Deployment", paused=True)
    assert found == ("later", "it is paused: its pods stay until it is resumed", 1)


def test_another_number_of_pods_restarts_none() -> None:
    assert outcome(workload("Deployment", replicas=1), workload("Deployment", replicas=9)) is None


def test_another_order_in_a_pod_template_restarts_pods() -> None:
    def deployment(*names: str) -> Body:
        made = workload("Deployment")
        made["spec"]["template"]["spec"]["tolerations"] = [{"key": name} for name in names]
        return made

    assert outcome(deployment("a", "b"), deployment("b", "a")) is not None


def test_a_daemon_set_rolls_from_node_to_node() -> None:
    rolling = {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": "10%"}}
    assert changed_image("DaemonSet", updateStrategy=rolling) == (
        "now",
        "rolling: on at most 10% of its nodes at a time",
        None,
    )


def test_a_daemon_set_may_wait_for_somebody_to_delete_its_pods() -> None:
    found = changed_image("DaemonSet", updateStrategy={"type": "OnDelete"})
    assert found == ("later", "OnDelete: each pod stays until somebody deletes it, or its node ends", None)


def test_a_stateful_set_rolls_from_the_last_pod_on() -> None:
    assert changed_image("StatefulSet", replicas=3) == (
        "now",
        "rolling: at most 1 at a time, the last one first",
        3,
    )


def test_a_stateful_set_keeps_pods_below_its_partition() -> None:
    strategy = {"type": "RollingUpdate", "rollingUpdate": {"partition": 1}}
    found = changed_image("StatefulSet", replicas=3, updateStrategy=strategy)
    assert found == ("now", "rolling: at most 1 at a time, the last one first, pods below 1 stay", 3)


def test_a_partition_may_hold_all_pods() -> None:
    strategy = {"type": "RollingUpdate", "rollingUpdate": {"partition": 3}}
    found = changed_image("StatefulSet", replicas=3, updateStrategy=strategy)
    assert found == ("later", "partition 3 holds all of its pods", 3)


def test_a_stateful_set_may_wait_for_somebody_to_delete_its_pods() -> None:
    found = changed_image("StatefulSet", updateStrategy={"type": "OnDelete"})
    assert found == ("later", "OnDelete: each pod stays until somebody deletes it", 1)


def test_what_is_refused_ends_pods_when_it_is_replaced() -> None:
    new = workload("Deployment", replicas=2)
    new["spec"]["selector"]["matchLabels"]["app"] = "y"
    new["spec"]["template"]["metadata"]["labels"]["app"] = "y"
    found = outcome(workload("Deployment", replicas=2), new)
    assert found == ("now", "refused as it is; its pods end when it is replaced", 2)


def test_a_stateful_set_that_is_replaced_leaves_its_pods() -> None:
    found = outcome(workload("StatefulSet"), workload("StatefulSet", serviceName="y"))
    assert found == ("now", "refused as it is; its pods run on while it is deleted with --cascade=orphan", 1)


def test_pods_of_a_workload_that_goes_end() -> None:
    found = restarts(pair([workload("Deployment", replicas=2)], []))
    assert [(each.when, each.how, each.pods) for each in found] == [("ends", "its pods end", 2)]


@pytest.mark.parametrize(
    ("gone", "when", "how"),
    [
        (body("batch/v1", "Job", {"template": {"spec": {}}}), "ends", "it ends, unless it has ended already"),
        (
            body("argoproj.io/v1alpha1", "WorkflowTemplate", {"templates": [{"container": {"image": "a"}}]}),
            "next run",
            "no more runs start; what runs goes on",
        ),
        (
            body("batch/v1", "CronJob", {"jobTemplate": {"spec": {"template": {"spec": {}}}}}),
            "ends",
            "no more runs start, and one that runs ends",
        ),
    ],
    ids=lambda value: value["kind"] if isinstance(value, dict) else "",
)
def test_runs_of_what_goes_may_go_on(gone: Body, when: str, how: str) -> None:
    (found,) = restarts(pair([gone], []))
    assert (found.when, found.how) == (when, how)


def test_a_new_workload_restarts_nothing() -> None:
    assert restarts(pair([], [workload("Deployment")])) == []


TEMPLATE = {"containers": [{"name": "main", "image": "quay.io/a/b:v1"}]}


def cron_job(schedule: str) -> Body:
    job = {"spec": {"template": {"spec": TEMPLATE}}}
    return body("batch/v1", "CronJob", {"schedule": schedule, "jobTemplate": job})


def workflow_template(kind: str, image: str) -> Body:
    spec = {"templates": [{"name": "a", "container": {"image": image}}]}
    return body("argoproj.io/v1alpha1", kind, {"workflowSpec": spec} if kind == "CronWorkflow" else spec)


NEXT_RUN = "what runs goes on as it began; the next run has the change"


@pytest.mark.parametrize("kind", ["WorkflowTemplate", "ClusterWorkflowTemplate", "CronWorkflow"])
def test_a_workflow_has_the_change_from_its_next_run_on(kind: str) -> None:
    found = outcome(workflow_template(kind, "quay.io/a/b:v1"), workflow_template(kind, "quay.io/a/b:v2"))
    assert found == ("next run", NEXT_RUN, 1)


def test_a_cron_job_has_the_change_from_its_next_run_on() -> None:
    assert outcome(cron_job("1 * * * *"), cron_job("2 * * * *")) == ("next run", NEXT_RUN, 1)


def prometheus(kind: str = "Prometheus", **spec: object) -> Body:
    return body("monitoring.coreos.com/v1", kind, {"replicas": 2, **spec})


ROLLING = ("now", "rolling: one at a time, the last one first", 2)
IN_PLACE = ("never", "in place: it reads the new configuration, or its number of pods changes", 2)


@pytest.mark.parametrize("kind", ["Prometheus", "Alertmanager"])
def test_monitoring_rolls_for_another_image(kind: str) -> None:
    found = outcome(prometheus(kind, image="quay.io/a/b:v1"), prometheus(kind, image="quay.io/a/b:v2"))
    assert found == ROLLING


def test_prometheus_reads_its_configuration_anew() -> None:
    found = outcome(
        prometheus(scrapeInterval="30s", retention="1d"), prometheus(scrapeInterval="1m", retention="2d")
    )
    assert found == IN_PLACE


def test_another_alertmanager_restarts_those_that_have_it_as_a_peer() -> None:
    found = outcome(prometheus("Alertmanager"), prometheus("Alertmanager") | {"spec": {"replicas": 3}})
    assert found == (*ROLLING[:2], 3)


def test_the_operator_ends_all_pods_for_another_claim() -> None:
    when, how, _ = outcome(prometheus(storage={"a": 1}), prometheus(storage={"a": 2})) or ("", "", None)
    assert when == "now"
    assert how.startswith("the operator deletes its StatefulSet and makes it anew: all pods end at once")


def mpi_job(workers: int, image: str = "quay.io/a/b:v1", **policy: object) -> Body:
    template = {"spec": {"containers": [{"name": "main", "image": image}]}}
    roles = {"Launcher": {"template": template}, "Worker": {"replicas": workers, "template": template}}
    return body("kubeflow.org/v2beta1", "MPIJob", {"mpiReplicaSpecs": roles, "runPolicy": policy})


RUNS_ON = "it goes on, or stays ended, as it began; delete it, and Argo CD starts it anew"


def test_an_mpi_job_goes_on_as_it_began() -> None:
    assert outcome(mpi_job(2), mpi_job(2, "quay.io/a/b:v2")) == ("next run", RUNS_ON, 3)


def test_an_mpi_job_loses_workers() -> None:
    found = outcome(mpi_job(4), mpi_job(2))
    assert found == ("now", "workers 2 to 3 end, and with them what MPI runs", 3)


def test_an_mpi_job_is_suspended() -> None:
    found = outcome(mpi_job(2), mpi_job(2, suspend=True))
    assert found == ("now", "it is suspended: launcher and workers end", 3)


def spark(**spec: object) -> Body:
    return body("sparkoperator.k8s.io/v1beta2", "SparkApplication", {"driver": {}, "executor": {}, **spec})


def test_a_spark_application_is_submitted_again() -> None:
    found = outcome(spark(sparkVersion="4.0.3"), spark(sparkVersion="4.0.4"))
    assert found == (
        "now",
        "the operator ends driver and executors, and submits it again from the beginning",
        2,
    )


def test_a_spark_application_runs_on_when_it_is_kept_longer() -> None:
    assert outcome(spark(timeToLiveSeconds=1), spark(timeToLiveSeconds=2)) == ("never", "in place", 2)


def test_a_spark_application_is_suspended() -> None:
    found = outcome(spark(), spark(suspend=True))
    assert found == ("now", "it is suspended: driver and executors end", 2)


def test_running_pods_keep_their_priority() -> None:
    old, new = (body("scheduling.k8s.io/v1", "PriorityClass", description=text) for text in "ab")
    assert outcome(old, new) == ("later", "running pods keep the priority that they began with", None)


def test_volumes_keep_their_class() -> None:
    old, new = (
        body("storage.k8s.io/v1", "StorageClass", allowVolumeExpansion=value) for value in (False, True)
    )
    when, how, _ = outcome(old, new) or ("", "", None)
    assert when == "later"
    assert how.startswith("volumes that are there stay as they are")


def test_what_has_no_pods_restarts_none() -> None:
    old, new = (body("v1", "Service", {"ports": [{"port": port}]}) for port in (80, 81))
    assert outcome(old, new) is None


def test_both_sides_are_left_as_they_are() -> None:
    old, new = workload("Deployment"), workload("Deployment", "quay.io/a/b:v2")
    before = deepcopy((old, new))
    restarts(pair([old], [new]))
    assert (old, new) == before
