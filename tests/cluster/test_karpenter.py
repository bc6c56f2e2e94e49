"""Karpenter's AWS provider takes the rendered pools as they are, and launches what workloads are meant for.

Zones are never compared: among equal ones Karpenter takes any.
"""

import copy
from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest

from charts_src import workspace
from charts_src.objects import Body
from tools.cluster.api import Api
from tools.cluster.karpenter import (
    NODE_CLAIM,
    NODE_CLASS,
    NODE_POOL,
    Karpenter,
    condition,
    log_lines,
    start_karpenter,
)
from tools.cluster.node_plan import reason_of
from tools.cluster.pending import Workload, pods_for, workloads
from tools.cluster.plan_nodes import open_namespace
from tools.cluster.plane import Plane
from tools.cluster.plane import plane as running
from tools.cluster.waiting import eventually

NAMESPACE = "placed"
ACCOUNT = "system:serviceaccount:karpenter:karpenter"
NVIDIA = {"key": "nvidia.com/gpu", "operator": "Exists"}
NEURON = {"key": "aws.amazon.com/neuron", "operator": "Exists"}

Placed = tuple[str, str, str]
"""Pool, instance type, capacity type."""

CPU = {
    "dev": {("system", "m7i", "spot")},
    "staging": {("system", "m7i", "on-demand")},
    "prod": {("system", "m7i", "on-demand")},
}
AT_ONCE = {"dev": 4, "staging": 4, "prod": 100}
"""Workloads that run at one time; the limits of small environments do not hold all."""

SPARK = {("batch", "m7i", "on-demand"), ("batch", "m7i", "spot")}
INTENDED: dict[str, dict[str, set[Placed]]] = {
    "dev": {
        "raycluster-ray-shared": {("gpu", "g6.2xlarge", "spot")},
        "rayjob-training-train-smoke": {("trainium", "trn1.2xlarge", "spot")},
        "rayservice-llm-llm": {("gpu", "g6.2xlarge", "spot")},
        "rayservice-stable-diffusion-stable-diffusion-gpu": {("gpu", "g6.2xlarge", "spot")},
        "scheduledsparkapplication-spark-jobs-text-pipeline": SPARK,
        "workflowtemplate-training-llama2-pretraining": set(),
        "workflowtemplate-training-llama2-prune-checkpoints": set(),
        "workflowtemplate-training-stable-diffusion-finetun": {("gpu", "g6.2xlarge", "spot")},
        "notebook-cpu": set(),
        "notebook-gpu": {("gpu", "g6.2xlarge", "spot")},
        "notebook-inferentia": {("inferentia", "inf2.xlarge", "spot")},
        "notebook-trainium": {("trainium", "trn1.2xlarge", "spot")},
    },
    "staging": {
        "raycluster-ray-shared": {("gpu", "g6.2xlarge", "spot")},
        "rayjob-training-sdxl-smoke": {("gpu-training", "g6.12xlarge", "spot")},
        "rayservice-llm-llm": {("gpu", "g6.2xlarge", "spot")},
        "rayservice-stable-diffusion-stable-diffusion-gpu": {("gpu", "g6.2xlarge", "spot")},
        "rayservice-stable-diffusion-stable-diffusion-inf2": {("inferentia", "inf2.8xlarge", "spot")},
        "scheduledsparkapplication-spark-jobs-text-pipeline": SPARK,
        "workflowtemplate-training-llama2-pretraining": {("trainium", "trn1.32xlarge", "on-demand")},
        "workflowtemplate-training-llama2-prune-checkpoints": set(),
        "workflowtemplate-training-stable-diffusion-finetun": {("gpu", "g6.2xlarge", "spot")},
        "notebook-cpu": set(),
        "notebook-gpu": {("gpu", "g6.2xlarge", "spot")},
        "notebook-inferentia": {("inferentia", "inf2.8xlarge", "spot")},
    },
    "prod": {
        "raycluster-ray-shared": {("gpu", "g6.2xlarge", "on-demand")},
        "rayservice-llm-llm": {("gpu", "g6.2xlarge", "on-demand"), ("gpu-large", "g6.12xlarge", "on-demand")},
        "rayservice-stable-diffusion-stable-diffusion-gpu": {("gpu", "g6.2xlarge", "on-demand")},
        "rayservice-stable-diffusion-stable-diffusion-inf2": {("inferentia", "inf2.8xlarge", "on-demand")},
        "scheduledsparkapplication-spark-jobs-text-pipeline": SPARK,
        "workflowtemplate-training-llama2-pretraining": {("trainium", "trn1.32xlarge", "reserved")},
        "workflowtemplate-training-llama2-prune-checkpoints": set(),
        "workflowtemplate-training-stable-diffusion-finetun": {("gpu", "g6.2xlarge", "on-demand")},
        "notebook-cpu": set(),
        "notebook-gpu": {("gpu", "g6.2xlarge", "on-demand")},
        "notebook-inferentia": {("inferentia", "inf2.8xlarge", "on-demand")},
    },
}
"""Nodes of each workload's pods beside those of CPU, which may carry several; of m7i any size."""


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
        open_namespace(plane.api, NAMESPACE)
        yield found


@pytest.fixture
def prod(cluster: Cluster) -> Iterator[Cluster]:
    if cluster.env != "prod":
        pytest.skip("once is enough")
    yield cluster
    for pod in cluster.api.list("v1", "Pod", NAMESPACE):
        cluster.api.delete("v1", "Pod", pod["metadata"]["name"], NAMESPACE)


def clear(api: Api) -> None:
    """Take all pods and nodes away, as limits count nodes that are left over."""
    for pod in api.list("v1", "Pod", NAMESPACE):
        api.delete("v1", "Pod", pod["metadata"]["name"], NAMESPACE)
    for claim in api.list(*NODE_CLAIM):
        api.delete(*NODE_CLAIM, claim["metadata"]["name"])
    eventually(lambda: not api.list(*NODE_CLAIM), 60, "NodeClaims are left")


def pod(name: str, pool: str, requests: dict[str, str], *tolerations: Body) -> Body:
    amounts = {"requests": requests, "limits": {key: value for key, value in requests.items() if "/" in key}}
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "namespace": NAMESPACE},
        "spec": {
            "terminationGracePeriodSeconds": 0,
            "nodeSelector": {"karpenter.sh/nodepool": pool},
            "tolerations": list(tolerations),
            "containers": [{"name": "main", "image": "registry.k8s.io/pause:3.10", "resources": amounts}],
        },
    }


def nodes_of(api: Api, pods: list[Body]) -> set[Placed]:
    """Give the nodes that pods are on."""
    names = {pod["metadata"]["name"] for pod in pods}
    found = [each for each in api.list("v1", "Pod", NAMESPACE) if each["metadata"]["name"] in names]
    claims = {claim["status"].get("nodeName"): placed(claim) for claim in api.list(*NODE_CLAIM)}
    return {claims[each["spec"]["nodeName"]] for each in found}


def placed(claim: Body) -> Placed:
    labels = claim["metadata"]["labels"]
    return (
        labels["karpenter.sh/nodepool"],
        labels["node.kubernetes.io/instance-type"],
        labels["karpenter.sh/capacity-type"],
    )


def run(api: Api, pods: list[Body], seconds: float = 60) -> None:
    """Create pods, and wait until each is bound to a node."""
    for each in pods:
        api.create(each)
    names = {each["metadata"]["name"] for each in pods}

    def waiting() -> list[str]:
        bound = {
            each["metadata"]["name"]
            for each in api.list("v1", "Pod", NAMESPACE)
            if each["spec"].get("nodeName")
        }
        return [f"{name}: {api.get('v1', 'Pod', name, NAMESPACE)}" for name in sorted(names - bound)]

    eventually(lambda: not waiting(), seconds, lambda: f"have no node: {waiting()}")


def why(api: Api, name: str) -> str:
    """Wait for what Karpenter says of a pod, and make sure that it still waits."""

    def said() -> str:
        found = api.get("v1", "Pod", name, NAMESPACE)
        assert found is not None
        assert not found["spec"].get("nodeName")
        return reason_of(found, api.list("v1", "Event", NAMESPACE))

    return eventually(said, 30, f"Karpenter says nothing of {name}")


def test_takes_the_rendered_pools_unchanged(cluster: Cluster) -> None:
    rendered = [
        body
        for key, body in workspace.objects(cluster.env).items()
        if key.kind in ("NodePool", "EC2NodeClass", "NodeOverlay")
    ]
    assert rendered
    for body in rendered:
        live: Any = cluster.api.get(body["apiVersion"], body["kind"], body["metadata"]["name"])
        assert live["spec"] == body["spec"], body["metadata"]["name"]
        assert condition(live, "Ready")["status"] == "True", live["status"]


def test_finds_images_subnets_and_groups(cluster: Cluster) -> None:
    rendered = {body["metadata"]["name"]: body for body in cluster.api.list(*NODE_CLASS)}
    for name, body in rendered.items():
        status = body["status"]
        assert {each["zone"] for each in status["subnets"]} == set(cluster.karpenter.setup.zones), name
        assert len(status["subnets"]) == len(cluster.karpenter.setup.zones), name  # no public ones
        assert len(status["securityGroups"]) == len(body["spec"]["securityGroupSelectorTerms"]), name
        assert len(status.get("capacityReservations", [])) == len(
            body["spec"].get("capacityReservationSelectorTerms", [])
        ), name


def test_launches_what_each_workload_is_meant_for(cluster: Cluster) -> None:
    found: dict[str, set[Placed]] = {}
    for some in batched(workloads(cluster.env), AT_ONCE[cluster.env]):
        pods = {workload.name: pods_for(workload, NAMESPACE, most=1) for workload in some}
        run(cluster.api, [pod for each in pods.values() for pod in each])
        for name, each in pods.items():
            found[name] = {_family(node) for node in nodes_of(cluster.api, each)} - CPU[cluster.env]
            for pod in each:
                cluster.api.delete("v1", "Pod", pod["metadata"]["name"], NAMESPACE)
    assert found == INTENDED[cluster.env]


def batched(items: list[Workload], count: int) -> Iterator[list[Workload]]:
    return (items[start : start + count] for start in range(0, len(items), count))


def _family(node: Placed) -> Placed:
    pool, kind, capacity = node
    return (pool, kind.partition(".")[0] if kind.startswith("m7i.") else kind, capacity)


def test_keeps_a_planted_mistake_waiting_and_says_why(prod: Cluster) -> None:
    before = names(prod.api)
    planted = {
        "no-toleration": (
            pod("no-toleration", "gpu", {"nvidia.com/gpu": "1"}),
            "did not tolerate taint (taint=nvidia.com/gpu=true:NoSchedule)",
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


@pytest.mark.parametrize(
    ("name", "key", "value"),
    [
        # Sold in other regions.
        ("not-offered-here", "node.kubernetes.io/instance-type", "trn2.3xlarge"),
        ("matches-no-type", "kubernetes.io/arch", "arm64"),
    ],
)
def test_says_that_a_pool_has_no_type(prod: Cluster, name: str, key: str, value: str) -> None:
    pool = copy.deepcopy(prod.api.get(*NODE_POOL, "trainium"))
    assert pool is not None
    spec = pool["spec"]
    for each in spec["template"]["spec"]["requirements"]:
        each["values"] = [value] if each["key"] == key else each["values"]
    prod.api.create(
        {"apiVersion": NODE_POOL[0], "kind": NODE_POOL[1], "metadata": {"name": name}, "spec": spec}
    )
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
    event = any(
        each.get("reason") == "NoCompatibleInstanceTypes"
        and each.get("involvedObject", {}).get("name") == pool
        for each in cluster.api.list("v1", "Event")
    )
    said = "skipping, nodepool requirements filtered out all instance types"
    return event and any(
        line["message"] == said and line.get("NodePool", {}).get("name") == pool
        for line in log_lines(cluster.karpenter.process)
    )


def test_stops_at_the_limit_of_a_pool(prod: Cluster) -> None:
    first, second = (pod(name, "gpu-large", {"nvidia.com/gpu": "4"}, NVIDIA) for name in ("first", "second"))
    run(prod.api, [first])
    prod.api.create(second)
    assert "limit" in why(prod.api, "second")
    assert len(names(prod.api, "gpu-large")) == 1


@pytest.mark.parametrize(("count", "cpus"), [(20, "3"), (200, "500m")])
def test_places_many_pods_within_the_limits(prod: Cluster, count: int, cpus: str) -> None:
    pods = [pod(f"many-{index}", "batch", {"cpu": cpus, "memory": "1Gi"}) for index in range(count)]
    run(prod.api, pods, seconds=90)
    assert {pool for pool, _, _ in nodes_of(prod.api, pods)} == {"batch"}
    assert len(names(prod.api, "batch")) <= 16


def test_reserved_pools_use_their_reservations(prod: Cluster) -> None:
    block = {"nvidia.com/gpu": "8", "vpc.amazonaws.com/efa": "32"}
    second = {"aws.amazon.com/neuron": "16", "vpc.amazonaws.com/efa": "16"}
    pods = [pod("block", "gpu-training", block, NVIDIA), pod("trn2", "trainium2", second, NEURON)]
    run(prod.api, pods)
    assert nodes_of(prod.api, pods) == {
        ("gpu-training", "p5.48xlarge", "reserved"),
        ("trainium2", "trn2.48xlarge", "reserved"),
    }


def test_never_consolidates_training(prod: Cluster) -> None:
    """Two nodes of each pool are half used: those of `system` are merged, those of `trainium` stay.

    For the sake of the test both pools are asked for consolidation at once; their budgets are as rendered.
    """
    api = prod.api
    clear(api)
    full = {
        "system": {"cpu": "5", "memory": "8Gi"},
        "trainium": {"aws.amazon.com/neuron": "16", "cpu": "100"},
    }
    half = {
        "system": {"cpu": "1", "memory": "1Gi"},
        "trainium": {"aws.amazon.com/neuron": "8", "cpu": "10"},
    }
    run(api, [pod(f"full-{pool}-{i}", pool, full[pool], NEURON) for pool in full for i in (0, 1)])
    before = {pool: nodes(api, pool) for pool in full}
    assert {pool: len(found) for pool, found in before.items()} == {"system": 2, "trainium": 2}
    for pool, found in before.items():
        for index, node in enumerate(sorted(found)):
            api.delete("v1", "Pod", f"full-{pool}-{index}", NAMESPACE)
            body = pod(f"half-{pool}-{index}", pool, half[pool], NEURON)
            api.create({**body, "spec": {**body["spec"], "nodeName": node}})
    rendered = {pool: (api.get(*NODE_POOL, pool) or {})["spec"]["disruption"] for pool in full}
    eager = {"consolidateAfter": "0s", "consolidationPolicy": "WhenEmptyOrUnderutilized"}
    for pool in full:
        api.merge(*NODE_POOL, pool, {"spec": {"disruption": eager}})
    try:
        eventually(lambda: len(names(api, "system")) == 1, 90, "consolidation did not come to system")
        assert nodes(api, "trainium") == before["trainium"]
        running = api.list("v1", "Pod", NAMESPACE)
        assert {f"half-trainium-{i}" for i in (0, 1)} <= {each["metadata"]["name"] for each in running}
    finally:
        for pool, disruption in rendered.items():
            api.merge(*NODE_POOL, pool, {"spec": {"disruption": disruption}})


def names(api: Api, pool: str = "") -> set[str]:
    """Give the names of the NodeClaims of a pool, or of all."""
    return {claim["metadata"]["name"] for claim in api.list(*NODE_CLAIM) if pool in ("", pool_of(claim))}


def nodes(api: Api, pool: str) -> set[str]:
    """Give the names of a pool's nodes."""
    return {claim["status"]["nodeName"] for claim in api.list(*NODE_CLAIM) if pool_of(claim) == pool}


def pool_of(claim: Body) -> str:
    return str(claim["metadata"]["labels"]["karpenter.sh/nodepool"])


def test_was_never_forbidden_anything(cluster: Cluster) -> None:
    # The last one: it reads the whole log.
    asked = list(cluster.plane.events(ACCOUNT))
    assert {"create", "patch", "watch"} <= {event.verb for event in asked}
    assert [event for event in cluster.plane.forbidden(ACCOUNT) if event.decision == "forbid"] == []
