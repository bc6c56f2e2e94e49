"""Limits: bounds that are gone afterwards."""

import pytest

from charts_src.review.gates.limits import gate
from tests.review.gates.pairs import edited, found, pair

DEPLOYMENT = """apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: a}
spec:
  template:
    spec:
      containers:
      - name: main
        image: example.com/main:1
        resources:
          requests: {cpu: 100m, memory: 1Gi, nvidia.com/gpu: 1}
          limits: {memory: 1Gi, nvidia.com/gpu: 1}
"""
PATH = "Deployment a/web: spec.template.spec.containers[name=main].resources"
FREE = "is gone: the container may use all that its node has; set it"
NO_ROOM = "is gone: the container may be placed where there is no room for it; set it"
QUOTA = """apiVersion: v1
kind: ResourceQuota
metadata: {name: all, namespace: a}
spec: {hard: {cpu: "10", pods: "5"}}
"""
RANGE = """apiVersion: v1
kind: LimitRange
metadata: {name: all, namespace: a}
spec: {limits: []}
"""
POOL = """apiVersion: karpenter.sh/v1
kind: NodePool
metadata: {name: gpu}
spec: {weight: 1, limits: {nodes: "4", cpu: "32"}}
"""


@pytest.mark.parametrize(
    ("old", "new", "messages"),
    [
        (
            "limits: {memory: 1Gi, nvidia.com/gpu: 1}",
            "limits: {nvidia.com/gpu: 1}",
            [f"limits.memory: {FREE}"],
        ),
        (
            "          limits: {memory: 1Gi, nvidia.com/gpu: 1}\n",
            "",
            [f"limits.memory: {FREE}", f"limits.nvidia.com/gpu: {FREE}"],
        ),
        ("cpu: 100m, ", "", [f"requests.cpu: {NO_ROOM}"]),
        ("memory: 1Gi, nvidia.com/gpu: 1}\n          limits", "nvidia.com/gpu: 1}\n          limits", []),
        ("cpu: 100m", "cpu: 200m", []),
        ("main:1", "main:2", []),
    ],
    ids=["memory", "limits", "request", "request with a limit", "more", "image"],
)
def test_says_which_bound_of_a_container_is_gone(old: str, new: str, messages: list[str]) -> None:
    assert found(gate, pair(DEPLOYMENT, edited(DEPLOYMENT, old, new))) == [
        f"limits: {PATH}.{message}" for message in messages
    ]


def test_a_container_under_another_name_has_to_have_bounds_too() -> None:
    new = DEPLOYMENT[: DEPLOYMENT.index("        resources:")].replace("name: main", "name: other")
    path = "limits: Deployment a/web: spec.template.spec.containers[name=other].resources"
    assert found(gate, pair(DEPLOYMENT, new)) == [
        f"{path}.limits.memory: {FREE}",
        f"{path}.requests.cpu: {NO_ROOM}",
        f"{path}.requests.memory: {NO_ROOM}",
    ]


def test_what_looks_like_a_container_is_looked_at() -> None:
    old = """apiVersion: ray.io/v1
kind: RayCluster
metadata: {name: shared, namespace: ray}
spec:
  autoscalerOptions: {resources: {limits: {cpu: 1, memory: 1Gi}}}
  headGroupSpec: {template: {spec: {containers: []}}}
"""
    path = "limits: RayCluster ray/shared: spec.autoscalerOptions.resources.limits"
    assert found(gate, pair(old, edited(old, ", memory: 1Gi", ""))) == [f"{path}.memory: {FREE}"]
    assert found(
        gate, pair(old, edited(old, "resources: {limits: {cpu: 1, memory: 1Gi}}", "version: v2"))
    ) == [
        f"{path}.cpu: {FREE}",
        f"{path}.memory: {FREE}",
    ]


def test_quotas_are_missed() -> None:
    both = f"{QUOTA}---\n{RANGE}---\n{POOL}"
    assert found(gate, pair(both, POOL)) == [
        "limits: LimitRange a/all: removed: containers without limits get none any more; bring it back, "
        "or sign "
        "it off",
        "limits: ResourceQuota a/all: removed: the namespace may use all that the nodes have; bring it "
        "back, or "
        "sign it off",
    ]
    assert found(gate, pair(both, edited(both, ', pods: "5"', ""))) == [
        "limits: ResourceQuota a/all: spec.hard.pods: is gone: the namespace may use all that the nodes "
        "have; set "
        "it"
    ]


@pytest.mark.parametrize(
    ("old", "new", "paths"),
    [
        (', cpu: "32"', "", ["cpu"]),
        (', limits: {nodes: "4", cpu: "32"}', "", ["nodes", "cpu"]),
        ('nodes: "4"', 'nodes: "5"', []),
    ],
)
def test_limits_of_a_pool_are_missed(old: str, new: str, paths: list[str]) -> None:
    message = "is gone: the pool may grow, and cost, without this bound; set it"
    assert found(gate, pair(POOL, edited(POOL, old, new))) == [
        f"limits: NodePool gpu: spec.limits.{path}: {message}" for path in paths
    ]
