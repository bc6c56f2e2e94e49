"""What stands in for AWS and for kubelets, each part for itself."""

import json
from collections import Counter

import pytest

from charts_src.lib.prices import prices
from charts_src.objects import Body
from tools.cluster import aws_answers
from tools.cluster.aws_fleet import narrowed
from tools.cluster.aws_setup import Reservation
from tools.cluster.joiner import joining, started
from tools.cluster.karpenter import settings
from tools.cluster.node_plan import Seen, planned
from tools.cluster.nodes import environment_nodes
from tools.cluster.pending import DO_NOT_DISRUPT, WORKLOAD, pods_for, workloads
from tools.cluster.plan_nodes import steady
from tools.cluster.tree import rendered

CONFIG = "LaunchTemplateConfigs"
PATH = "/aws/service/eks/optimized-ami/1.36/amazon-linux-2023/x86_64/nvidia"
CLAIM: Body = {
    "metadata": {"name": "gpu-1", "labels": {"karpenter.sh/nodepool": "gpu"}},
    "spec": {"taints": [{"key": "gpu", "effect": "NoSchedule"}], "startupTaints": [{"key": "csi"}]},
    "status": {"providerID": "aws:///us-east-2a/i-1", "capacity": {"cpu": "8"}, "allocatable": {"cpu": "7"}},
}


@pytest.mark.parametrize("env", ["dev", "staging", "prod"])
def test_a_pool_has_the_nodes_that_it_may_have_but_no_more_than_asked_for(env: str) -> None:
    limits = {
        body["metadata"]["name"]: int(body["spec"]["limits"]["nodes"]) for body in rendered(env, "NodePool")
    }
    labels = [node["metadata"]["labels"] for node in environment_nodes(env, most=5, system=10)]
    found = Counter(each["karpenter.sh/nodepool"] for each in labels if "karpenter.sh/nodepool" in each)
    assert found == {name: min(limit, 10 if name == "system" else 5) for name, limit in limits.items()}
    assert min(found.values()) < 5 < found["system"]


@pytest.mark.parametrize("env", ["dev", "staging", "prod"])
def test_karpenter_is_not_to_move_a_pod_of_a_job_that_trains(env: str) -> None:
    found = [
        each
        for workload in workloads(env)
        if not workload.name.startswith("notebook-")
        for each in pods_for(workload, "proof", most=1)
        if each["spec"].get("nodeSelector", {}).get("genai-on-eks/purpose") == "training"
    ]
    assert found
    assert {each["metadata"]["annotations"].get(DO_NOT_DISRUPT) for each in found} == {"true"}


def test_the_cheapest_type_is_started() -> None:
    asked = {"Type": "instant"}
    for index, name in enumerate(("p5.48xlarge", "m7i.xlarge", "trn2.48xlarge"), 1):
        asked[f"{CONFIG}.1.Overrides.{index}.InstanceType"] = name
        asked[f"{CONFIG}.1.Overrides.{index}.AvailabilityZone"] = "us-east-2a"
    assert narrowed(asked) == {
        "Type": "instant",
        f"{CONFIG}.1.Overrides.1.InstanceType": "m7i.xlarge",
        f"{CONFIG}.1.Overrides.1.AvailabilityZone": "us-east-2a",
    }


@pytest.mark.parametrize(
    ("name", "status"),
    [
        (f"{PATH}/amazon-eks-node-al2023-x86_64-nvidia-1.36-v20260714/image_id", 200),
        (f"{PATH}/amazon-eks-node-al2023-x86_64-nvidia-1.36-v2026/image_id", 400),
        (f"{PATH}/amazon-eks-node-al2023-x86_64-nvidia-1.35-v20260714/image_id", 400),
        (f"{PATH.replace('1.36', '1.35')}/amazon-eks-node-al2023-x86_64-nvidia-1.35-v20260714/image_id", 400),
        ("/aws/service/eks/anything", 400),
    ],
)
def test_an_image_is_found_by_its_alias(name: str, status: int) -> None:
    assert aws_answers.parameter(name, "1.36")[0] == status


def test_a_reservation_is_found_by_its_tags_and_shrinks() -> None:
    known = [Reservation("cr-1", "trn1.32xlarge", "us-east-2c", 4, "default", {"node-pool": "trainium"})]
    asked = {"Filter.1.Name": "tag:node-pool", "Filter.1.Value.1": "trainium"}
    found = aws_answers.reservations(asked, known, {"cr-1": 1})
    assert b"<availableInstanceCount>3</availableInstanceCount>" in found
    other = aws_answers.reservations(asked | {"Filter.1.Value.1": "gpu"}, known, {})
    assert b"cr-1" not in other


def test_a_launched_node_joins_once() -> None:
    node = joining(CLAIM)
    assert node is not None
    assert [each["key"] for each in node["spec"]["taints"]] == ["gpu", "csi", "karpenter.sh/unregistered"]
    assert node["status"] == {"capacity": {"cpu": "8"}, "allocatable": {"cpu": "7"}}
    assert joining({**CLAIM, "status": {**CLAIM["status"], "nodeName": "ip-i-1"}}) is None
    assert joining({**CLAIM, "status": {}}) is None


def test_startup_taints_go_when_the_node_is_ready() -> None:
    ready = {"conditions": [{"type": "Ready", "status": "True"}]}
    taints = [{"key": "gpu", "effect": "NoSchedule"}, {"key": "csi"}]
    assert started(CLAIM, {"spec": {"taints": taints}, "status": ready}) == taints[:1]
    assert started(CLAIM, {"spec": {"taints": taints}, "status": {}}) is None
    unregistered = [*taints, {"key": "karpenter.sh/unregistered"}]
    assert started(CLAIM, {"spec": {"taints": unregistered}, "status": ready}) is None


def test_settings_are_those_of_the_rendered_deployment() -> None:
    found = settings("prod")
    assert found["CLUSTER_NAME"] == "genai-prod"
    assert found["SYSTEM_NAMESPACE"] == "karpenter"
    assert found["CPU_REQUESTS"] == "1000"
    assert found["MEMORY_LIMIT"] == str(2 * 1024**3)


def claim(pool: str, kind: str, capacity: str, node: str) -> Body:
    labels = {
        "karpenter.sh/nodepool": pool,
        "node.kubernetes.io/instance-type": kind,
        "karpenter.sh/capacity-type": capacity,
    }
    return {"metadata": {"labels": labels}, "status": {"nodeName": node}}


def pod(name: str, workload: str, node: str = "") -> Body:
    return {
        "metadata": {"name": name, "uid": name, "labels": {WORKLOAD: workload}},
        "spec": {"nodeName": node} if node else {},
    }


def pool(name: str, accelerator: str = "gpu", **taint: str) -> Body:
    spec = {"taints": [taint]} if taint else {}
    template = {"metadata": {"labels": {"accelerator": accelerator}}, "spec": spec}
    return {"metadata": {"name": name}, "spec": {"template": template}}


REFUSED: Body = {
    "metadata": {"creationTimestamp": "2026-11-24T00:00:00Z"},
    "reason": "FailedScheduling",
    "involvedObject": {"uid": "2"},
    "source": {"component": "karpenter"},
    "message": "Failed to schedule pod, node limits have been exhausted for nodepool (NodePool=gpu); node "
    "limits have been exhausted for nodepool (NodePool=cpu); did not tolerate taint (taint=a=b:NoSchedule)",
}


def test_a_plan_for_people_has_a_row_for_nodes_that_are_alike() -> None:
    claims = [claim("gpu", "g6.2xlarge", "spot", name) for name in ("a", "b")]
    claims.append(claim("system", "m7i.xlarge", "on-demand", "c"))
    pods = [pod("1", "llm", "a"), pod("3", "llm", "b"), pod("4", "job", "c"), pod("5", "llm", "c")]
    text = planned("dev", "us-east-1", prices(), Seen(claims, pods, [], [])).text()
    assert text == (
        "nodes  pool          type            capacity     $/h each  pods on each\n"
        "    2  gpu           g6.2xlarge      spot           0.9776  1 x llm\n"
        "    1  system        m7i.xlarge      on-demand      0.2016  1 x job, 1 x llm\n"
        "3 nodes: 2.16 $/h On-Demand; on-demand nodes 0.20; spot nodes 1.96\n"
        "spot is a model: of a pool's types the cheapest On-Demand is taken. What EC2 has left and what that "
        "costs, nobody knows beforehand; the price here is that of On-Demand, the most that it can be\n"
        "On-Demand prices of us-east-1, Linux, 2026-07-20; github.com/aws/karpenter-provider-aws v1.15.1"
    )


def test_a_plan_is_done_when_nothing_has_moved_for_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    waits, runs = (Seen([], [pod("1", "llm", node)], [], []) for node in ("", "a"))
    looks = iter([None, waits, waits, runs, runs, runs])
    clock = iter(range(0, 100, 5))
    monkeypatch.setattr("tools.cluster.plan_nodes.time.monotonic", lambda: next(clock))
    check = steady(lambda: next(looks), seconds=12)
    assert [check() for _ in range(6)] == [None, None, None, None, None, runs]


def test_a_plan_tells_unknown_prices_and_what_waits() -> None:
    claims = [claim("trainium2", "trn2.48xlarge", "reserved", "n")]
    pods = [pod("1", "job", "n"), pod("2", "job")]
    pods[1]["spec"]["nodeSelector"] = {"accelerator": "gpu"}
    pools = [pool("gpu"), pool("gpu-large"), pool("gpu-shared", key="x"), pool("cpu", accelerator="none")]
    plan = planned("prod", "us-east-2", prices(), Seen(claims, pods, [REFUSED], pools))
    assert plan.unknown == ["trn2.48xlarge"]
    assert "On-Demand prices of us-east-1, Linux, 2026-07-20" in plan.text()
    assert "spot is a model" not in plan.text()
    assert plan.on_demand_per_hour == 0
    assert "unknown price of trn2.48xlarge" in plan.text()
    assert "waits: 1 x job: node limits have been exhausted for nodepool (NodePool=gpu)\n" in plan.text()
    assert plan.data()["waiting"][0]["pools"] == ["gpu", "gpu-large"]
    assert json.loads(json.dumps(plan.data()))["nodes"][0]["on_demand_per_hour"] is None
