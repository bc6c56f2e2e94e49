"""Karpenter's AWS provider takes the rendered pools as they are, and launches what workloads are meant for.

Zones are never compared: among equal ones Karpenter takes any.
"""

import io
import json
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import nullcontext, redirect_stdout
from typing import Any, NamedTuple

import pytest

from tests.cluster.intended_nodes import AT_ONCE, CPU, INTENDED
from tests.cluster.placing import (
    LARGE,
    NAMESPACE,
    NEURON,
    NVIDIA,
    Placed,
    copied,
    delete_pods,
    names,
    nodes,
    nodes_of,
    pod,
    run,
    said,
    told,
    why,
)
from tools.cluster import plan_nodes
from tools.cluster.api import Api
from tools.cluster.karpenter import (
    NODE_CLASS,
    NODE_POOL,
    Karpenter,
    condition,
    log_lines,
    start_karpenter,
)
from tools.cluster.pending import DO_NOT_DISRUPT, Workload, pods_for, workloads
from tools.cluster.plane import Plane
from tools.cluster.plane import plane as running
from tools.cluster.tree import rendered
from tools.cluster.waiting import eventually

ACCOUNT = "system:serviceaccount:karpenter:karpenter"


class Cluster(NamedTuple):
    env: str
    plane: Plane
    karpenter: Karpenter

    @property
    def api(self) -> Api:
        return self.plane.api


@pytest.fixture(scope="module", params=["dev", "staging", "prod"])
def cluster(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    with running(tmp_path_factory.mktemp(request.param) / "state") as plane:
        found = Cluster(request.param, plane, start_karpenter(plane, request.param))
        plan_nodes.open_namespace(plane.api, NAMESPACE)
        yield found


@pytest.fixture
def prod(cluster: Cluster) -> Iterator[Cluster]:
    yield cluster
    delete_pods(cluster.api)


once = pytest.mark.parametrize("cluster", ["prod"], indirect=True)
"""For tests of what does not differ from one environment to the next."""


def test_takes_the_rendered_pools_unchanged(cluster: Cluster) -> None:
    kinds = "NodePool", "EC2NodeClass", "NodeOverlay"
    bodies = [body for kind in kinds for body in rendered(cluster.env, kind)]
    assert bodies
    for body in bodies:
        live: Any = cluster.api.get(body["apiVersion"], body["kind"], body["metadata"]["name"])
        assert live["spec"] == body["spec"], body["metadata"]["name"]
        assert condition(live, "Ready")["status"] == "True", live["status"]


def test_finds_images_subnets_and_groups(cluster: Cluster) -> None:
    classes = {body["metadata"]["name"]: body for body in cluster.api.list(*NODE_CLASS)}
    for name, body in classes.items():
        status = body["status"]
        assert {each["zone"] for each in status["subnets"]} == set(cluster.karpenter.setup.zones), name
        assert len(status["subnets"]) == len(cluster.karpenter.setup.zones), name  # no public ones
        assert len(status["securityGroups"]) == len(body["spec"]["securityGroupSelectorTerms"]), name
        assert len(status.get("capacityReservations", [])) == len(
            body["spec"].get("capacityReservationSelectorTerms", [])
        ), name


@once
def test_keeps_a_planted_mistake_waiting_and_says_why(prod: Cluster) -> None:
    before = names(prod.api)
    planted = {
        "no-toleration": (
            pod("no-toleration", "gpu", {"nvidia.com/gpu": "1"}),
            "did not tolerate taint (taint=nvidia.com/gpu=true:NoSchedule)",
        ),
        "not-for-single-gpus": (
            pod("not-for-single-gpus", "gpu-large", {"nvidia.com/gpu": "1"}, NVIDIA),
            "did not tolerate taint (taint=genai-on-eks/dedicated=gpu-large:NoSchedule)",
        ),
        "one-efa-too-many": (
            pod(
                "one-efa-too-many",
                "trainium",
                {"aws.amazon.com/neuron": "16", "vpc.amazonaws.com/efa": "9"},
                NEURON,
            ),
            "no instance type has enough resources",
        ),
        "no-overhead": (
            pod("no-overhead", "trainium", {"aws.amazon.com/neuron": "16", "memory": "512Gi"}, NEURON),
            "no instance type has enough resources",
        ),
    }
    for body, _ in planted.values():
        prod.api.create(body)
    for name, (_, reason) in planted.items():
        assert reason in why(prod.api, name), name
    assert names(prod.api) == before


def test_launches_what_each_workload_is_meant_for(cluster: Cluster) -> None:
    found: dict[str, set[Placed]] = {}
    for some in batched(workloads(cluster.env), AT_ONCE[cluster.env]):
        pods = {workload.name: pods_for(workload, NAMESPACE, most=1) for workload in some}
        run(cluster.api, [pod for each in pods.values() for pod in each])
        for name, each in pods.items():
            found[name] = {_family(node) for node in nodes_of(cluster.api, each)} - CPU[cluster.env]
        delete_pods(cluster.api)
    assert found == INTENDED[cluster.env]


@once
def test_never_consolidates_training(prod: Cluster) -> None:
    """The policy of the pool keeps a node with a pod, else its budgets, else the annotation of a job's pods.

    The latter two are seen in a copy of the pool that asks for consolidation at once, on two nodes of which
    one would do; when its budgets allow it, the node goes whose pod has no annotation.
    """
    api = prod.api
    pool = copied(api, "trainium", "eager")
    eager = {"consolidateAfter": "0s", "consolidationPolicy": "WhenEmptyOrUnderutilized"}
    pool["spec"]["disruption"] |= eager
    api.create(pool)
    whole, half = {"aws.amazon.com/neuron": "16"}, {"aws.amazon.com/neuron": "8"}
    first = [pod(f"whole-{index}", "eager", whole, NEURON) for index in (0, 1)]
    try:
        run(api, [*first, pod("job", "trainium", half, NEURON)])
        kept, other = sorted(nodes(api, "eager"))
        for name, node in (("kept", kept), ("other", other)):
            body = pod(name, "eager", half, NEURON)
            body["metadata"]["annotations"] = {DO_NOT_DISRUPT: "true"} if name == "kept" else {}
            api.create({**body, "spec": {**body["spec"], "nodeName": node}})
        delete_pods(api, "whole-0", "whole-1")

        (node,) = nodes(api, "trainium", "job")
        said(api, "Unconsolidatable", node, "has consolidation policy WhenEmpty, but node is not empty")
        said(api, "DisruptionBlocked", "eager", "No allowed disruptions for disruption reason Underutilized")
        assert nodes(api, "eager") == {kept, other}

        api.merge(*NODE_POOL, "eager", {"spec": {"disruption": {"budgets": [{"nodes": "100%"}]}}})
        eventually(lambda: nodes(api, "eager") == {kept}, 90, f"consolidation left {nodes(api, 'eager')}")
        assert api.get("v1", "Pod", "kept", NAMESPACE)
    finally:
        api.delete(*NODE_POOL, "eager")


def batched(items: list[Workload], count: int) -> Iterator[list[Workload]]:
    return (items[start : start + count] for start in range(0, len(items), count))


def _family(node: Placed) -> Placed:
    pool, kind, capacity = node
    return (pool, kind.partition(".")[0] if kind.startswith("m7i.") else kind, capacity)


@once
@pytest.mark.parametrize(
    ("name", "key", "value"),
    [
        # Sold in other regions.
        ("not-offered-here", "node.kubernetes.io/instance-type", "trn2.3xlarge"),
        ("matches-no-type", "kubernetes.io/arch", "arm64"),
    ],
)
def test_says_that_a_pool_has_no_type(prod: Cluster, name: str, key: str, value: str) -> None:
    pool = copied(prod.api, "trainium", name)
    for each in pool["spec"]["template"]["spec"]["requirements"]:
        each["values"] = [value] if each["key"] == key else each["values"]
    prod.api.create(pool)
    eventually(lambda: pool_ready(prod.api, name), 30, f"{name} is not ready")
    prod.api.create(pod(name, name, {"aws.amazon.com/neuron": "1"}, NEURON))
    try:
        # The pod's message leaves this pool out.
        assert f"NodePool={name}" not in why(prod.api, name)
        assert eventually(lambda: no_type(prod, name), 20, f"nothing says that {name} has no type")
    finally:
        prod.api.delete(*NODE_POOL, name)


def pool_ready(api: Api, name: str) -> bool:
    return condition(api.get(*NODE_POOL, name) or {}, "Ready").get("status") == "True"


def no_type(cluster: Cluster, pool: str) -> bool:
    """Find the pool's event and the line of the log."""
    event = told(cluster.api, "NoCompatibleInstanceTypes", pool, "")
    said = "skipping, nodepool requirements filtered out all instance types"
    return event and any(
        line["message"] == said and line.get("NodePool", {}).get("name") == pool
        for line in log_lines(cluster.karpenter.process)
    )


@once
def test_stops_at_the_limit_of_a_pool(prod: Cluster) -> None:
    four = {"nvidia.com/gpu": "4"}
    first, second = (pod(name, "gpu-large", four, NVIDIA, LARGE) for name in ("first", "second"))
    run(prod.api, [first])
    prod.api.create(second)
    assert "limit" in why(prod.api, "second")
    assert len(names(prod.api, "gpu-large")) == 1


@once
def test_keeps_single_gpus_off_the_idle_node_of_the_large_model(prod: Cluster) -> None:
    run(prod.api, [pod("large", "gpu-large", {"nvidia.com/gpu": "4"}, NVIDIA, LARGE)])
    delete_pods(prod.api, "large")
    notebook = next(each for each in workloads("prod") if each.name == "notebook-gpu")
    pods = pods_for(notebook, NAMESPACE)
    run(prod.api, pods)
    assert len(names(prod.api, "gpu-large")) == 1
    assert {pool for pool, _, _ in nodes_of(prod.api, pods)} == {"gpu"}


@once
@pytest.mark.parametrize(("count", "cpus"), [(20, "3"), (200, "500m")])
def test_places_many_pods_within_the_limits(prod: Cluster, count: int, cpus: str) -> None:
    pods = [pod(f"many-{index}", "batch", {"cpu": cpus, "memory": "1Gi"}) for index in range(count)]
    run(prod.api, pods, seconds=90)
    assert {pool for pool, _, _ in nodes_of(prod.api, pods)} == {"batch"}
    assert len(names(prod.api, "batch")) <= 16


@once
def test_reserved_pools_use_their_reservations(prod: Cluster) -> None:
    block = {"nvidia.com/gpu": "8", "vpc.amazonaws.com/efa": "32"}
    second = {"aws.amazon.com/neuron": "16", "vpc.amazonaws.com/efa": "16"}
    pods = [pod("block", "gpu-training", block, NVIDIA), pod("trn2", "trainium2", second, NEURON)]
    run(prod.api, pods)
    assert nodes_of(prod.api, pods) == {
        ("gpu-training", "p5.48xlarge", "reserved"),
        ("trainium2", "trn2.48xlarge", "reserved"),
    }


@pytest.fixture(scope="module")
def plan(cluster: Cluster) -> Any:
    """Give what `make plan-nodes` prints; it has this Karpenter, which it would start else."""
    output = io.StringIO()
    with pytest.MonkeyPatch.context() as patch, redirect_stdout(output):
        patch.setattr(plan_nodes, "plane", lambda _: nullcontext(cluster.plane))
        patch.setattr(plan_nodes, "start_karpenter", lambda *_: cluster.karpenter)
        patch.setattr(sys, "argv", ["plan_nodes", cluster.env, "--json"])
        assert plan_nodes.main() == 0
    return json.loads(output.getvalue())


in_dev = pytest.mark.parametrize("cluster", ["dev"], indirect=True)
"""For tests of what dev shows, which has too few accelerators for all workloads at their largest."""


@in_dev
def test_plan_nodes_names_the_nodes_and_what_each_would_cost(plan: Any) -> None:
    found = Counter(
        (node["pool"], node["instance_type"], node["capacity_type"], node["on_demand_per_hour"])
        for node in plan["nodes"]
        if node["pool"]
        not in ("system", "batch")  # of those Karpenter may take more small ones, or fewer large
    )
    assert found == {
        ("gpu", "g6.2xlarge", "spot", 0.9776): 3,
        ("inferentia", "inf2.xlarge", "spot", 0.7582): 1,
        ("trainium", "trn1.2xlarge", "spot", 1.34375): 1,
    }
    total = sum(node["on_demand_per_hour"] for node in plan["nodes"])
    assert plan["on_demand_per_hour"] == pytest.approx(total)
    assert plan["unknown_prices"] == []


@in_dev
def test_only_accelerators_are_waited_for(plan: Any) -> None:
    """Five pods want one of three GPUs, a job and a notebook the one Trainium node."""
    waiting = Counter(
        (pool, each["reason"]) for each in plan["waiting"] for pool in each["pools"] * each["pods"]
    )
    assert Counter(pool for pool, _ in waiting.elements()) == {"gpu": 2, "trainium": 1}
    for pool, reason in waiting:
        assert reason in (
            f"all available instance types exceed limits for nodepool (NodePool={pool})",
            f"node limits have been exhausted for nodepool (NodePool={pool})",
        )


@in_dev
def test_plan_nodes_tells_what_the_prices_are_worth(plan: Any) -> None:
    assert plan["prices"] == {
        "currency": "USD",
        "region": "us-east-1",
        "date": "2026-07-20",
        "source": "github.com/aws/karpenter-provider-aws v1.15.1",
    }
    spot, waits, source = plan["notes"]
    assert spot.startswith("spot is a model:")
    assert waits.startswith("all workloads are here at their largest at once.")
    assert source.endswith("The nodes are in us-west-2, where prices may differ")


def test_was_never_forbidden_anything(cluster: Cluster) -> None:
    # The last one: it reads the whole log.
    asked = list(cluster.plane.events(ACCOUNT))
    assert {"create", "patch", "watch"} <= {event.verb for event in asked}
    assert cluster.plane.unauthorized(ACCOUNT) == []
