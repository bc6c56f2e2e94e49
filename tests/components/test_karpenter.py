import json
from typing import Any

import pytest
from cdk8s import App

from charts_src.components.karpenter import KarpenterController
from charts_src.components.node_pools import NodePools
from charts_src.lib.cluster_nodes import CLUSTER_NODE_LABELS, CLUSTER_NODE_TAINT, cluster_placement
from charts_src.lib.iam import PodIdentity
from charts_src.model import Environment
from charts_src.objects import Body
from charts_src.references import summarise
from charts_src.registry import COMPONENTS
from charts_src.waves import application_needs
from tests import ray_environment
from tests.ray_environment import POOLS

TRAINIUM = {
    "purpose": "training",
    "instance_types": ["trn1.32xlarge"],
    "zones": ["us-west-2b"],
    "max_nodes": 4,
}


def environment(**settings: Any) -> Environment:
    section = {"node_role": "genai-node", "node_pools": POOLS} | settings
    return ray_environment.environment(karpenter=section)


def controller(**settings: Any) -> dict[str, Body]:
    component = KarpenterController(App(), environment(**settings))
    return {f"{body['kind']}/{body['metadata']['name']}": body for body in component.objects()}


def pod(objects: dict[str, Body]) -> Body:
    spec: Body = objects["Deployment/karpenter"]["spec"]["template"]["spec"]
    return spec


def variables(objects: dict[str, Body]) -> dict[str, Any]:
    (container,) = pod(objects)["containers"]
    return {item["name"]: item.get("value") or item["valueFrom"] for item in container["env"]}


def gates(**pool: Any) -> dict[str, bool]:
    text = variables(controller(node_pools=POOLS | {"trainium": TRAINIUM | pool}))["FEATURE_GATES"]
    return {name: value == "true" for name, value in (item.split("=") for item in text.split(","))}


def identity() -> PodIdentity:
    (found,) = KarpenterController(App(), environment()).pod_identities()
    return found


def test_the_objects_are_those_of_the_chart_without_its_role_for_admins() -> None:
    assert sorted(controller()) == [
        "ClusterRole/karpenter",
        "ClusterRole/karpenter-core",
        "ClusterRoleBinding/karpenter",
        "ClusterRoleBinding/karpenter-core",
        "Deployment/karpenter",
        "FlowSchema/karpenter-leader-election",
        "FlowSchema/karpenter-workload",
        "NetworkPolicy/karpenter",
        "PodDisruptionBudget/karpenter",
        "Role/karpenter",
        "Role/karpenter-dns",
        "RoleBinding/karpenter",
        "RoleBinding/karpenter-dns",
        "Service/karpenter",
        "ServiceAccount/karpenter",
        "ServiceMonitor/karpenter",
    ]


def test_the_controller_runs_on_no_node_that_it_made() -> None:
    spec = pod(controller())
    required = "requiredDuringSchedulingIgnoredDuringExecution"
    assert spec["affinity"]["nodeAffinity"][required]["nodeSelectorTerms"] == [
        {"matchExpressions": [{"key": "karpenter.sh/nodepool", "operator": "DoesNotExist"}]}
    ]
    assert spec["tolerations"] == [
        {"key": "CriticalAddonsOnly", "operator": "Exists", "effect": "NoSchedule"}
    ]
    assert spec["priorityClassName"] == "system-cluster-critical"


def test_its_pods_are_apart_so_one_makes_room_before_the_next_comes() -> None:
    deployment = controller()["Deployment/karpenter"]["spec"]
    apart = deployment["template"]["spec"]["affinity"]["podAntiAffinity"]
    assert (
        apart["requiredDuringSchedulingIgnoredDuringExecution"][0]["topologyKey"] == "kubernetes.io/hostname"
    )
    assert deployment["replicas"] == 2
    assert deployment["strategy"]["rollingUpdate"] == {"maxSurge": 0, "maxUnavailable": 1}


def test_node_pools_wait_for_the_controller_and_it_waits_for_none() -> None:
    env = environment()
    components = {
        kind.name: [summarise(body) for body in kind(App(), env).objects()]
        for kind in COMPONENTS
        if kind.enabled(env)
    }
    needed = application_needs(components)
    assert "karpenter" in needed[NodePools.name]
    assert NodePools.name not in needed["karpenter"]
    assert "karpenter-crds" in needed["karpenter"]


def test_it_finds_cluster_region_and_warnings_without_the_metadata_service() -> None:
    found = variables(controller())
    assert (found["CLUSTER_NAME"], found["AWS_REGION"]) == ("genai-dev", "us-west-2")
    assert found["INTERRUPTION_QUEUE"] == "genai-dev"
    assert found["MEMORY_LIMIT"] == {
        "resourceFieldRef": {"containerName": "controller", "divisor": "0", "resource": "limits.memory"}
    }


def test_every_gate_is_written_out_and_what_no_pool_uses_is_off() -> None:
    assert gates() == {
        "ReservedCapacity": True,
        "SpotToSpotConsolidation": False,
        "NodeRepair": True,
        "NodeOverlay": False,
        "StaticCapacity": False,
        "CapacityBuffer": False,
        "TerminateFirstDrift": False,
        "TerminateFirstRepair": False,
        "PodDeletionCostManagement": False,
    }
    assert variables(controller())["AWS_FEATURE_GATES"] == (
        "NodeClassCEL=false,DRANVIDIAGPU=false,DRAEFA=false,RebootForRepair=false"
    )


@pytest.mark.parametrize(
    ("pool", "on"),
    [
        ({"huge_pages_gib": 10}, {"NodeOverlay"}),
        ({"replicas": 2}, {"StaticCapacity", "TerminateFirstRepair"}),
        ({"capacity": ["reserved"], "reservation": {"tags": {"a": "b"}}}, {"TerminateFirstRepair"}),
    ],
)
def test_a_gate_is_on_where_a_pool_needs_it(pool: dict[str, Any], on: set[str]) -> None:
    before = gates()
    assert {name for name, value in gates(**pool).items() if value != before[name]} == on


def test_the_account_may_act_in_aws_through_policies_that_iam_takes() -> None:
    found = identity()
    assert (found.namespace, found.service_account) == ("karpenter", "karpenter")
    assert sorted(found.policies) == [
        "eks-integration",
        "iam-integration",
        "interruption",
        "node-lifecycle",
        "resource-discovery",
    ]
    for name, statements in found.policies.items():
        document = json.dumps({"Version": "2012-10-17", "Statement": statements}, separators=(",", ":"))
        assert len(document) < 6144, name


def test_it_changes_only_what_has_the_tags_of_the_cluster() -> None:
    mine = ("kubernetes.io/cluster/genai-dev", "owned")
    for statements in identity().policies.values():
        for item in statements:
            reads = all(
                action.split(":")[1].startswith(("Describe", "Get", "List", "Receive"))
                for action in item["Action"]
            )
            scoped = "*" not in "".join(item["Resource"])
            tags = {
                (key.split("Tag/")[1], value)
                for condition in item.get("Condition", {}).values()
                for key, value in condition.items()
                if "Tag/" in key
            }
            # What a launch uses, and does not change, has no tags of the cluster.
            assert reads or scoped or mine in tags or item["Sid"] == "LaunchInto", item


def test_the_deletion_of_instances_is_allowed_literally() -> None:
    (delete,) = (item for item in identity().policies["node-lifecycle"] if item["Sid"] == "Delete")
    assert delete == {
        "Sid": "Delete",
        "Effect": "Allow",
        "Action": ["ec2:TerminateInstances", "ec2:DeleteLaunchTemplate"],
        "Resource": ["arn:aws:ec2:us-west-2:*:instance/*", "arn:aws:ec2:us-west-2:*:launch-template/*"],
        "Condition": {
            "StringEquals": {"aws:ResourceTag/kubernetes.io/cluster/genai-dev": "owned"},
            "StringLike": {"aws:ResourceTag/karpenter.sh/nodepool": "*"},
        },
    }


def test_it_may_pass_the_role_of_the_nodes_and_no_other() -> None:
    (pass_role,) = (item for item in identity().policies["iam-integration"] if item["Sid"] == "PassNodeRole")
    assert pass_role["Resource"] == ["arn:aws:iam::111122223333:role/genai-node"]


def test_prometheus_comes_in_and_kubernetes_credentials_and_aws_are_reached() -> None:
    spec = controller()["NetworkPolicy/karpenter"]["spec"]
    assert [rule["ports"] for rule in spec["ingress"]] == [[{"port": 8080, "protocol": "TCP"}]]
    assert spec["egress"] == [
        {
            "to": [{"ipBlock": {"cidr": "10.64.0.0/16"}}, {"ipBlock": {"cidr": "172.20.0.0/16"}}],
            "ports": [{"port": 443, "protocol": "TCP"}],
        },
        {
            "to": [{"ipBlock": {"cidr": "169.254.170.23/32"}}],
            "ports": [{"port": 80, "protocol": "TCP"}],
        },
        {"to": [{"ipBlock": {"cidr": "0.0.0.0/0"}}], "ports": [{"port": 443, "protocol": "TCP"}]},
    ]


def test_its_requests_are_served_like_those_of_kube_system() -> None:
    objects = controller()
    levels = {
        name: objects[f"FlowSchema/{name}"]["spec"]["priorityLevelConfiguration"]["name"]
        for name in ("karpenter-leader-election", "karpenter-workload")
    }
    assert levels == {"karpenter-leader-election": "leader-election", "karpenter-workload": "workload-high"}


def test_it_asks_for_the_lease_that_it_holds() -> None:
    assert controller()["Role/karpenter"]["rules"][1] == {
        "apiGroups": ["coordination.k8s.io"],
        "resources": ["leases"],
        "resourceNames": ["karpenter-leader-election"],
        "verbs": ["patch", "update"],
    }


def test_what_runs_before_any_node_pool_fits_the_nodes_of_the_cluster() -> None:
    placed = cluster_placement()
    assert placed["nodeSelector"] == CLUSTER_NODE_LABELS == {"genai-on-eks/purpose": "cluster"}
    assert [(item["key"], item["effect"]) for item in placed["tolerations"]] == [
        (CLUSTER_NODE_TAINT["key"], CLUSTER_NODE_TAINT["effect"])
    ]
