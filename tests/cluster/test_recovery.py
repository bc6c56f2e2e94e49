"""What fails is made good: a node that goes, an API server that ends, an upgrade that changes pods."""

import subprocess

import pytest

from charts_src import ROOT
from charts_src.objects import Body, Identity
from tests.cluster.running import running_pods
from tools.cluster.operators import OPERATORS
from tools.cluster.plane import Plane
from tools.cluster.tree import rendered, rendered_objects
from tools.cluster.upgrade import objects_at, upgrade
from tools.cluster.waiting import eventually


def test_pods_of_a_node_that_is_gone_run_elsewhere(operated: Plane, env: str) -> None:
    (cluster,) = rendered(env, "RayCluster")
    name, namespace = cluster["metadata"]["name"], cluster["metadata"]["namespace"]
    head = f"ray.io/cluster={name},ray.io/node-type=head"
    before = the_one(operated, namespace, head)
    node = before["spec"]["nodeName"]
    operated.api.delete("v1", "Node", node)

    def elsewhere() -> bool:
        return any(
            pod["metadata"]["uid"] != before["metadata"]["uid"] and pod["spec"]["nodeName"] != node
            for pod in running_pods(operated, namespace, head)
        )

    eventually(elsewhere, 120, lambda: f"the head of {node} runs nowhere else")


def test_operators_go_on_when_the_api_server_was_away(operated: Plane, env: str) -> None:
    (cluster,) = rendered(env, "RayCluster")
    name, namespace = cluster["metadata"]["name"], cluster["metadata"]["namespace"]
    head = f"ray.io/cluster={name},ray.io/node-type=head"
    before = the_one(operated, namespace, head)
    operated.restart_api_server()
    operated.api.delete("v1", "Pod", before["metadata"]["name"], namespace)

    def another() -> bool:
        restart_what_has_ended(operated)
        now = running_pods(operated, namespace, head)
        return any(pod["metadata"]["uid"] != before["metadata"]["uid"] for pod in now)

    eventually(another, 120, "the head was not replaced")


def the_one(plane: Plane, namespace: str, selector: str) -> Body:
    """Give the only pod that runs; another may still be ending, from the test before."""

    def alone() -> Body | None:
        found = running_pods(plane, namespace, selector)
        return found[0] if len(found) == 1 else None

    return eventually(alone, 120, f"not one pod of {selector} runs")


def restart_what_has_ended(plane: Plane) -> None:
    """Start operators again that gave up because they lost their lease, as a kubelet does."""
    for process in plane.processes:
        if process.name in {each.deployment for each in OPERATORS} and not process.alive():
            process.restart()


def test_the_tree_before_this_one_is_upgraded_without_a_refusal(operated: Plane, env: str) -> None:
    revisions = git("log", "--format=%H", "-2", "--", f"rendered/{env}").split()
    if len(revisions) < 2:
        pytest.skip("the clone has no tree before this one")
    found = upgrade(operated.api, objects_at(ROOT, revisions[1], env), rendered_objects(env))
    print(f"changed: {found.changed}\nrestarted: {found.restarted}")
    assert found.refused == {}


def git(*arguments: str) -> str:
    done = subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=True)
    return done.stdout


def stateful_set(service: str) -> Body:
    labels = {"app": "upgraded"}
    container = {"name": "main", "image": "a"}
    return {
        "apiVersion": "apps/v1",
        "kind": "StatefulSet",
        "metadata": {"name": "upgraded", "namespace": "default"},
        "spec": {
            "replicas": 0,
            "serviceName": service,
            "selector": {"matchLabels": labels},
            "template": {"metadata": {"labels": labels}, "spec": {"containers": [container]}},
        },
    }


def test_a_changed_field_that_is_immutable_is_named(plane: Plane) -> None:
    """The known-bad sample of the test above."""
    one, other = stateful_set("one"), stateful_set("other")
    found = upgrade(plane.api, {Identity.of(one): one}, {Identity.of(other): other})
    assert list(found.refused) == ["StatefulSet default/upgraded"]
    assert (
        "updates to statefulset spec for fields other than" in found.refused["StatefulSet default/upgraded"]
    )


def test_an_object_whose_pods_are_replaced_is_named(plane: Plane) -> None:
    one, other = stateful_set("one"), stateful_set("one")
    other["spec"]["template"]["spec"]["containers"][0]["image"] = "b"
    found = upgrade(plane.api, {Identity.of(one): one}, {Identity.of(other): other})
    assert (found.refused, found.restarted) == ({}, ["StatefulSet default/upgraded"])
