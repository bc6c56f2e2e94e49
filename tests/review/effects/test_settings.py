"""Pods whose ConfigMap or Secret changes while they run."""

import pytest

from charts_src.objects import Body
from charts_src.review.effects.restarts import restarts
from tests.review.effects.pairs import body, pair, workload


def settings(kind: str, value: str) -> Body:
    made = body("v1", kind, **{"data" if kind == "ConfigMap" else "stringData": {"a": value}})
    made["metadata"]["name"] = "settings"
    return made


def using(kind: str = "Deployment", image: str = "quay.io/a/b:v1", **pod: object) -> Body:
    """Give a workload whose container has what `container` says, and whose pod has the rest."""
    made = workload(kind, image)
    spec = made["spec"]["template"]["spec"]
    spec["containers"][0] |= pod.pop("container", {})
    spec |= pod
    return made


def outcome(kind: str, user: Body) -> list[tuple[str, str, str]]:
    found = restarts(pair([settings(kind, "1"), user], [settings(kind, "2"), user]))
    return [(str(each.subject), each.when, each.how.rpartition("did not: ")[2]) for each in found]


MOUNT = {"volumeMounts": [{"name": "v", "mountPath": "/etc/a"}]}
SUB_PATH = {"volumeMounts": [{"name": "v", "mountPath": "/etc/a", "subPath": "a"}]}
CONFIG = [{"name": "v", "configMap": {"name": "settings"}}]
SECRET = [{"name": "v", "secret": {"secretName": "settings"}}]
PROJECTED = [{"name": "v", "projected": {"sources": [{"secret": {"name": "settings"}}]}}]
FILES = "files in its pods change by and by; a program that doesn't watch them reads them as it starts"
NEVER = "mounts it by subPath: files in running pods never change; it takes effect when they restart"
ENVIRONMENT = "reads it from its environment: it takes effect when its pods restart for another reason"


@pytest.mark.parametrize(
    ("kind", "pod", "how"),
    [
        ("ConfigMap", {"volumes": CONFIG, "container": MOUNT}, FILES),
        ("ConfigMap", {"volumes": CONFIG, "container": SUB_PATH}, NEVER),
        ("ConfigMap", {"container": {"envFrom": [{"configMapRef": {"name": "settings"}}]}}, ENVIRONMENT),
        ("Secret", {"volumes": SECRET, "container": MOUNT}, FILES),
        ("Secret", {"volumes": PROJECTED, "container": MOUNT}, FILES),
        (
            "Secret",
            {
                "container": {
                    "env": [{"name": "A", "valueFrom": {"secretKeyRef": {"name": "settings", "key": "a"}}}]
                }
            },
            ENVIRONMENT,
        ),
    ],
)
def test_running_pods_see_a_change_late_or_never(kind: str, pod: Body, how: str) -> None:
    assert outcome(kind, using(**pod)) == [("Deployment ns/x", "later", how)]


def test_all_that_a_pod_uses_in_one_way_is_said_at_once() -> None:
    user = using(volumes=[*CONFIG, {"name": "w", "secret": {"secretName": "settings"}}], container=MOUNT)
    mount = {"name": "w", "mountPath": "/etc/b"}
    user["spec"]["template"]["spec"]["containers"][0]["volumeMounts"] = [*MOUNT["volumeMounts"], mount]
    old, new = ([settings("ConfigMap", value), settings("Secret", value), user] for value in "12")
    (found,) = restarts(pair(old, new))
    assert found.how == f"ConfigMap settings, Secret settings changed, the pod template did not: {FILES}"


def test_a_pod_that_names_another_does_not_count() -> None:
    other = [{"name": "v", "configMap": {"name": "other"}}]
    assert outcome("ConfigMap", using(volumes=other, container=MOUNT)) == []


def test_a_secret_of_the_same_name_does_not_count() -> None:
    assert outcome("ConfigMap", using(volumes=SECRET, container=MOUNT)) == []


def test_pods_of_another_namespace_do_not_count() -> None:
    away = using(volumes=CONFIG, container=MOUNT)
    away["metadata"]["namespace"] = "other"
    assert outcome("ConfigMap", away) == []


def test_pods_that_restart_anyway_have_the_change() -> None:
    old, new = (using(image=f"quay.io/a/b:{tag}", volumes=CONFIG, container=MOUNT) for tag in ("v1", "v2"))
    found = restarts(pair([settings("ConfigMap", "1"), old], [settings("ConfigMap", "2"), new]))
    assert [(each.when, each.how) for each in found] == [
        ("now", "rolling: at most 25% away, 25% more at a time")
    ]


def test_a_label_of_a_config_map_reaches_no_pod() -> None:
    user = using(volumes=CONFIG, container=MOUNT)
    labelled = settings("ConfigMap", "1")
    labelled["metadata"]["labels"] = {"a": "b"}
    assert restarts(pair([settings("ConfigMap", "1"), user], [labelled, user])) == []


def test_what_runs_from_time_to_time_reads_it_at_its_next_run() -> None:
    pod = using(volumes=CONFIG, container=MOUNT)["spec"]["template"]
    job = body("batch/v1", "CronJob", {"jobTemplate": {"spec": {"template": pod}}})
    assert outcome("ConfigMap", job) == [("CronJob ns/x", "next run", "ConfigMap settings changed")]
