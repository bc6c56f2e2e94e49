from typing import Any

import pytest
from cdk8s import App

from charts_src.components.ebs_csi_driver import EbsCsiDriver
from charts_src.objects import Body
from tests.ray_environment import environment, rendered

KEY = "arn:aws:kms:us-west-2:111122223333:key/0a1b2c3d-0000-4000-8000-000000000000"


def driver(**sections: Any) -> dict[str, Body]:
    return rendered(EbsCsiDriver(App(), environment(**sections)))


def containers(objects: dict[str, Body], name: str) -> dict[str, Any]:
    return {each["name"]: each for each in objects[name]["spec"]["template"]["spec"]["containers"]}


def statements(**sections: Any) -> dict[str, Any]:
    (identity,) = EbsCsiDriver(App(), environment(**sections)).pod_identities()
    assert identity[:2] == ("csi-drivers", "ebs-csi-controller-sa")
    return {each["Sid"]: each for policy in identity.policies.values() for each in policy}


def granted(role: Body) -> set[tuple[str, str, str]]:
    return {
        (group, resource, verb)
        for rule in role["rules"]
        for group in rule["apiGroups"]
        for resource in rule["resources"]
        for verb in rule["verbs"]
    }


def test_the_controller_knows_region_and_cluster_without_asking_the_node() -> None:
    plugin = containers(driver(), "Deployment/ebs-csi-controller")["ebs-plugin"]
    assert plugin["args"] == [
        "controller",
        "--endpoint=$(CSI_ENDPOINT)",
        "--batching=true",
        "--extra-tags=cluster=genai-dev,environment=dev",
        "--http-endpoint=0.0.0.0:3301",
        "--k8s-tag-cluster-id=genai-dev",
        "--logging-format=json",
        "--v=2",
    ]
    assert {"name": "AWS_REGION", "value": "us-west-2"} in plugin["env"]


def test_every_sidecar_of_the_controller_elects_a_leader_and_there_is_none_for_snapshots() -> None:
    found = containers(driver(), "Deployment/ebs-csi-controller")
    assert sorted(found) == ["csi-attacher", "csi-provisioner", "csi-resizer", "ebs-plugin", "liveness-probe"]
    for name in ("csi-attacher", "csi-provisioner", "csi-resizer"):
        assert "--leader-election=true" in found[name]["args"]
    role = driver()["Role/ebs-csi-leases-role"]
    assert granted(role) == {("coordination.k8s.io", "leases", verb) for verb in ("create", "get", "update")}


def test_the_images_are_those_of_the_pinned_module() -> None:
    objects = driver()
    images = {
        each["image"]
        for name in ("Deployment/ebs-csi-controller", "DaemonSet/ebs-csi-node")
        for each in containers(objects, name).values()
    }
    assert images == {
        "public.ecr.aws/ebs-csi-driver/aws-ebs-csi-driver:v1.63.0",
        "public.ecr.aws/csi-components/csi-provisioner:v6.3.0-eksbuild.3",
        "public.ecr.aws/csi-components/csi-attacher:v4.12.0-eksbuild.4",
        "public.ecr.aws/csi-components/csi-resizer:v2.2.1-eksbuild.2",
        "public.ecr.aws/csi-components/csi-node-driver-registrar:v2.17.0-eksbuild.4",
        "public.ecr.aws/csi-components/livenessprobe:v2.19.0-eksbuild.4",
    }


def test_the_node_plugin_finds_its_instance_through_the_kubernetes_api_as_pods_cannot_reach_imds() -> None:
    objects = driver()
    plugin = containers(objects, "DaemonSet/ebs-csi-node")["ebs-plugin"]
    assert "--metadata-sources=kubernetes" in plugin["args"]
    assert ("", "nodes", "get") in granted(objects["ClusterRole/ebs-csi-node-role"])


def test_the_node_plugin_runs_on_every_node_and_takes_its_startup_taint_off() -> None:
    objects = driver()
    spec = objects["DaemonSet/ebs-csi-node"]["spec"]["template"]["spec"]
    assert spec["tolerations"] == [{"operator": "Exists"}]
    assert spec["nodeSelector"] == {"kubernetes.io/os": "linux"}
    plugin = containers(objects, "DaemonSet/ebs-csi-node")["ebs-plugin"]
    assert [variable["name"] for variable in plugin["env"]] == ["CSI_ENDPOINT", "CSI_NODE_NAME"]
    rules = granted(objects["ClusterRole/ebs-csi-node-role"])
    assert {("", "nodes", "patch"), ("storage.k8s.io", "csinodes", "get")} <= rules


def test_only_the_plugin_itself_is_privileged() -> None:
    found = containers(driver(), "DaemonSet/ebs-csi-node")
    privileged = [name for name, each in found.items() if each["securityContext"].get("privileged")]
    assert privileged == ["ebs-plugin"]


@pytest.mark.parametrize(("kubernetes", "period"), [("1.34", None), ("1.35", 10), ("1.36", 10)])
def test_the_count_of_volumes_is_read_anew_where_kubernetes_does_so(
    kubernetes: str, period: int | None
) -> None:
    spec = driver(kubernetes=kubernetes)["CSIDriver/ebs.csi.aws.com"]["spec"]
    assert spec.get("nodeAllocatableUpdatePeriodSeconds") == period
    assert spec["attachRequired"] is True
    assert spec["fsGroupPolicy"] == "File"


def test_volumes_are_attached_to_nodes_of_this_cluster_only() -> None:
    found = statements()
    attach = {
        sid: (each["Resource"], each["Condition"]) for sid, each in found.items() if sid.startswith("Attach")
    }
    instances = ["arn:aws:ec2:us-west-2:111122223333:instance/*"]
    assert attach == {
        "AttachToKarpenterNodes": (
            instances,
            {"StringEquals": {"ec2:ResourceTag/eks:eks-cluster-name": "genai-dev"}},
        ),
        "AttachToNodeGroups": (
            instances,
            {"StringEquals": {"ec2:ResourceTag/eks:cluster-name": "genai-dev"}},
        ),
    }


def test_only_reading_is_allowed_without_a_condition_and_snapshots_are_not_at_all() -> None:
    found = statements()
    assert [sid for sid, each in found.items() if "Condition" not in each] == ["Describe"]
    assert not [action for each in found.values() for action in each["Action"] if "Snapshot" in action]


def test_the_key_of_the_volumes_may_be_used_where_there_is_one() -> None:
    assert not [sid for sid in statements() if "Key" in sid]
    found = statements(csi_drivers={"ebs": {"volume_key": KEY}})
    assert found["UseVolumeKey"]["Resource"] == [KEY]
    assert found["GrantVolumeKey"]["Condition"] == {"Bool": {"kms:GrantIsForAWSResource": "true"}}


def test_prometheus_reaches_every_port_with_metrics() -> None:
    objects = driver()
    for name, ports in (("ebs-csi-controller", [3301, 3302, 3303, 3304]), ("ebs-csi-node", [3302])):
        (rule,) = objects[f"NetworkPolicy/{name}"]["spec"]["ingress"]
        assert [port["port"] for port in rule["ports"]] == ports
        endpoints = objects[f"PodMonitor/{name}"]["spec"]["podMetricsEndpoints"]
        kind = "Deployment" if name == "ebs-csi-controller" else "DaemonSet"
        named = {
            port["name"]: port["containerPort"]
            for each in containers(objects, f"{kind}/{name}").values()
            for port in each.get("ports", ())
        }
        assert [named[endpoint["port"]] for endpoint in endpoints] == ports


def test_the_node_plugin_reaches_the_kubernetes_api_and_nothing_else() -> None:
    assert driver()["NetworkPolicy/ebs-csi-node"]["spec"]["egress"] == [
        {
            "to": [{"ipBlock": {"cidr": "10.64.0.0/16"}}, {"ipBlock": {"cidr": "172.20.0.0/16"}}],
            "ports": [{"port": 443, "protocol": "TCP"}],
        }
    ]


def test_the_controllers_pods_go_one_at_a_time() -> None:
    objects = driver(csi_drivers={"replicas": 3})
    assert objects["Deployment/ebs-csi-controller"]["spec"]["replicas"] == 3
    assert objects["PodDisruptionBudget/ebs-csi-controller"]["spec"] == {
        "maxUnavailable": 1,
        "selector": {"matchLabels": {"app.kubernetes.io/name": "ebs-csi-controller"}},
    }
