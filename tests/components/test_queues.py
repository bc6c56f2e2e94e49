from decimal import Decimal
from typing import Any, get_args

import pytest
from cdk8s import App

from charts_src.components.node_pools import NodePools
from charts_src.components.queues import Queues
from charts_src.lib.queues import PRIORITIES, QUEUE_NAMESPACES
from charts_src.lib.quotas import decimal, gibibytes
from charts_src.model import Environment
from charts_src.model.kueue import QueueNamespace
from charts_src.objects import Body
from tests.ray_environment import POOLS, environment, rendered

TRAINIUM = {
    "purpose": "training",
    "instance_types": ["trn1.32xlarge"],
    "zones": ["us-west-2a"],
    "efa": True,
    "max_nodes": 8,
}
ALL_POOLS = POOLS | {
    "batch": {"purpose": "batch", "instance_types": ["m7i.2xlarge", "r7i.2xlarge"], "max_nodes": 5},
    "trainium": TRAINIUM,
}
TWO_TEAMS = {
    "research": {"share": 60, "default_in": ["ray", "training"]},
    "product": {"share": 30, "default_in": ["spark-jobs"]},
}
SUFFIXES = {"Ki": 2**10, "Mi": 2**20, "Gi": 2**30, "Ti": 2**40, "k": 1000, "M": 10**6}


def with_pools(pools: dict[str, Any], **kueue: Any) -> Environment:
    karpenter = {"node_role": "genai-node", "node_pools": pools}
    return environment(karpenter=karpenter, kueue=kueue, stable_diffusion=None)


def queues(env: Environment) -> dict[str, Body]:
    return {
        f"{body['kind']}/{body['metadata'].get('namespace', '')}/{body['metadata']['name']}": body
        for body in Queues(App(), env).objects()
    }


def amount(quantity: str) -> Decimal:
    for suffix, factor in SUFFIXES.items():
        if quantity.endswith(suffix):
            return Decimal(quantity.removesuffix(suffix)) * factor
    return Decimal(quantity)


def handed_out(objects: dict[str, Body]) -> dict[tuple[str, str], Decimal]:
    """Add up the quotas of all teams and of the cohort, by flavor and resource."""
    total: dict[tuple[str, str], Decimal] = {}
    for body in objects.values():
        if body["kind"] in ("ClusterQueue", "Cohort"):
            for flavor in body["spec"]["resourceGroups"][0]["flavors"]:
                for resource in flavor["resources"]:
                    key = (flavor["name"], resource["name"])
                    total[key] = total.get(key, Decimal(0)) + amount(resource["nominalQuota"])
    return total


@pytest.mark.parametrize("teams", [TWO_TEAMS, {"one": {"share": 100, "default_in": list(QUEUE_NAMESPACES)}}])
@pytest.mark.parametrize("share", [33, 100])
def test_quotas_never_exceed_the_limits_of_the_node_pool(teams: dict[str, Any], share: int) -> None:
    shares = dict.fromkeys(("system", "inference", "training", "batch"), share)
    env = with_pools(ALL_POOLS, teams=teams, pool_shares=shares)
    pools = rendered(NodePools(App(), env))
    found = handed_out(queues(env))
    assert {flavor for flavor, _ in found} >= {"batch", "gpu", "system", "trainium"}
    for (flavor, resource), total in found.items():
        limits = pools[f"NodePool/{flavor}"]["spec"]["limits"]
        if resource in limits:
            assert total <= amount(limits[resource]), (flavor, resource)
        elif resource != "vpc.amazonaws.com/efa":
            assert total == 0, (flavor, resource)


def test_a_pool_that_is_handed_out_whole_is_handed_out_to_the_last_node() -> None:
    found = handed_out(queues(with_pools(ALL_POOLS, teams=TWO_TEAMS)))
    assert found["trainium", "aws.amazon.com/neuron"] == 8 * 16
    assert found["trainium", "vpc.amazonaws.com/efa"] == 8 * 8
    assert found["trainium", "cpu"] == 8 * 128
    assert found["trainium", "memory"] == 8 * 512 * 2**30


def test_a_team_has_whole_nodes_and_the_cohort_what_is_left() -> None:
    objects = queues(with_pools(ALL_POOLS, teams=TWO_TEAMS))

    def neuron(name: str) -> Any:
        (flavor,) = (
            flavor
            for flavor in objects[name]["spec"]["resourceGroups"][0]["flavors"]
            if flavor["name"] == "trainium"
        )
        return flavor["resources"][3]

    assert neuron("ClusterQueue//research") == {"name": "aws.amazon.com/neuron", "nominalQuota": "64"}
    assert neuron("ClusterQueue//product") == {"name": "aws.amazon.com/neuron", "nominalQuota": "32"}
    assert neuron("Cohort//genai-on-eks") == {"name": "aws.amazon.com/neuron", "nominalQuota": "32"}


def test_a_flavor_has_the_labels_and_taints_of_its_pools_nodes() -> None:
    all_pools = ALL_POOLS | {"own": TRAINIUM | {"dedicated": True}}
    env = with_pools(all_pools, pool_shares={"inference": 50})
    flavors, pools = queues(env), rendered(NodePools(App(), env))
    for name in all_pools:
        template = pools[f"NodePool/{name}"]["spec"]["template"]
        spec = flavors[f"ResourceFlavor//{name}"]["spec"]
        labels = spec["nodeLabels"].items() - {("karpenter.sh/nodepool", name)}
        assert {item for item in labels if item[0] != "node.kubernetes.io/instance-type"} <= set(
            template["metadata"]["labels"].items()
        )
        assert spec["nodeLabels"]["karpenter.sh/nodepool"] == name
        assert spec.get("nodeTaints", []) == template["spec"].get("taints", [])
    assert flavors["ResourceFlavor//trainium"]["spec"]["nodeLabels"] == {
        "genai-on-eks/accelerator": "trainium",
        "genai-on-eks/efa": "true",
        "genai-on-eks/purpose": "training",
        "karpenter.sh/nodepool": "trainium",
        "node.kubernetes.io/instance-type": "trn1.32xlarge",
    }
    assert "node.kubernetes.io/instance-type" not in flavors["ResourceFlavor//batch"]["spec"]["nodeLabels"]


def test_services_are_not_queued_unless_the_environment_says_so() -> None:
    objects = queues(with_pools(ALL_POOLS))
    assert {name.rpartition("/")[2] for name in objects if name.startswith("ResourceFlavor")} == {
        "batch",
        "system",
        "trainium",
    }


def test_a_job_that_selects_no_pool_is_taken_into_batch_before_system() -> None:
    (group,) = queues(with_pools(ALL_POOLS))["ClusterQueue//platform"]["spec"]["resourceGroups"]
    assert [flavor["name"] for flavor in group["flavors"]] == ["batch", "trainium", "system"]


def test_the_default_queue_of_a_namespace_is_one_teams_and_each_team_has_its_own_beside_it() -> None:
    objects = queues(with_pools(ALL_POOLS, teams=TWO_TEAMS))
    local = {
        name.removeprefix("LocalQueue/"): body["spec"]["clusterQueue"]
        for name, body in objects.items()
        if name.startswith("LocalQueue")
    }
    assert local == {
        "ray/default": "research",
        "ray/product": "product",
        "ray/research": "research",
        "spark-jobs/default": "product",
        "spark-jobs/product": "product",
        "spark-jobs/research": "research",
        "training/default": "research",
        "training/product": "product",
        "training/research": "research",
    }


def test_priorities_are_those_that_jobs_name() -> None:
    objects = queues(with_pools(ALL_POOLS))
    assert {
        name.rpartition("/")[2]: body["value"]
        for name, body in objects.items()
        if name.startswith("WorkloadPriorityClass")
    } == PRIORITIES


def test_the_namespaces_of_the_model_are_those_of_the_queues() -> None:
    assert get_args(QueueNamespace) == QUEUE_NAMESPACES


@pytest.mark.parametrize(
    ("number", "text"), [(0, "0"), (1, "1"), (999, "999"), (1000, "1k"), (1024, "1024"), (20000, "20k")]
)
def test_numbers_are_written_as_kubernetes_writes_them(number: int, text: str) -> None:
    assert decimal(number) == text


@pytest.mark.parametrize(
    ("number", "text"),
    [(0, "0"), (1, "1Gi"), (1000, "1000Gi"), (1024, "1Ti"), (4096, "4Ti"), (1025, "1025Gi")],
)
def test_sizes_are_written_as_kubernetes_writes_them(number: int, text: str) -> None:
    assert gibibytes(number) == text
