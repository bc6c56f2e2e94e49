from typing import Any

import yaml
from cdk8s import App

from charts_src.components.gpu_feature_discovery import GpuFeatureDiscovery
from charts_src.model import Environment
from charts_src.objects import Body
from charts_src.policy.pods import restricted
from tests.gpu_environment import MIG, with_pool
from tests.ray_environment import environment, rendered


def discovery(env: Environment | None = None) -> dict[str, Body]:
    return rendered(GpuFeatureDiscovery(App(), env or environment()))


def pod(objects: dict[str, Body], name: str) -> Any:
    return objects[name]["spec"]["template"]["spec"]


def rules(objects: dict[str, Body], role: str) -> list[tuple[list[str], list[str]]]:
    return [(rule["resources"], rule["verbs"]) for rule in objects[role]["rules"]]


def test_discovery_publishes_through_the_api_and_needs_nothing_of_the_node() -> None:
    spec = pod(discovery(), "DaemonSet/gpu-feature-discovery")
    assert not list(restricted(spec))
    manager, container = spec["containers"]
    assert manager["name"] == "config-manager"
    assert container["command"] == ["gpu-feature-discovery"]
    assert {each["name"]: each.get("value") for each in container["env"]} == {
        "NODE_NAME": None,
        "NAMESPACE": None,
        "POD_NAME": None,
        "FAIL_ON_INIT_ERROR": "true",
        "GFD_USE_NODE_FEATURE_API": "true",
        "GFD_NO_TIMESTAMP": "true",
        "GFD_SLEEP_INTERVAL": "60s",
        "CONFIG_FILE": "/config/config.yaml",
        "NVIDIA_VISIBLE_DEVICES": "all",
        "NVIDIA_DRIVER_CAPABILITIES": "compute,utility",
    }
    assert spec["tolerations"] == [{"operator": "Exists"}]
    assert spec["priorityClassName"] == "system-node-critical"


def test_with_mig_discovery_sees_slices_as_root_with_one_capability() -> None:
    spec = pod(discovery(with_pool(MIG, "p5.48xlarge")), "DaemonSet/gpu-feature-discovery")
    _, container = spec["containers"]
    assert container["securityContext"]["capabilities"] == {"drop": ["ALL"], "add": ["SYS_ADMIN"]}
    assert container["securityContext"]["runAsUser"] == 0


def test_discovery_writes_features_in_its_own_namespace_only() -> None:
    objects = discovery()
    assert rules(objects, "ClusterRole/gpu-feature-discovery") == [(["nodes"], ["get", "list", "watch"])]
    assert rules(objects, "Role/gpu-feature-discovery") == [
        (["nodefeatures"], ["create", "get", "update"]),
        (["pods"], ["get"]),
    ]


def test_the_master_labels_nodes_from_this_namespace_and_does_nothing_else_to_them() -> None:
    objects = discovery()
    assert yaml.safe_load(objects["ConfigMap/nfd-master"]["data"]["nfd-master.conf"]) == {
        "enableTaints": False,
        "restrictions": {
            "disableTaints": True,
            "disableExtendedResources": True,
            "disableAnnotations": True,
            "nodeFeatureNamespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "accelerators"}},
        },
    }
    assert rules(objects, "ClusterRole/nfd-master") == [
        (["namespaces"], ["list", "watch"]),
        (["nodes"], ["get", "list", "patch"]),
        (["nodefeatures", "nodefeaturerules"], ["get", "list", "watch"]),
    ]


def test_two_masters_elect_a_leader() -> None:
    objects = discovery()
    assert objects["Deployment/nfd-master"]["spec"]["replicas"] == 2
    (container,) = pod(objects, "Deployment/nfd-master")["containers"]
    assert container["image"] == "registry.k8s.io/nfd/node-feature-discovery:v0.19.0"
    assert container["command"] == ["nfd-master"]
    assert container["args"] == ["-enable-leader-election", "-port=8080"]
    create, hold = objects["Role/nfd-master"]["rules"]
    assert (create["resources"], create["verbs"]) == (["leases"], ["create"])
    assert (hold["verbs"], hold["resourceNames"]) == (["get", "update"], ["nfd-master.nfd.kubernetes.io"])
    assert objects["PodDisruptionBudget/nfd-master"]["spec"]["maxUnavailable"] == 1


def test_features_of_nodes_that_are_gone_are_collected() -> None:
    objects = discovery()
    (container,) = pod(objects, "Deployment/nfd-gc")["containers"]
    assert container["command"] == ["nfd-gc"]
    assert container["args"] == ["-gc-interval=1h", "-port=8080"]
    assert rules(objects, "ClusterRole/nfd-gc") == [
        (["nodes"], ["list", "watch"]),
        (["nodefeatures"], ["delete", "list"]),
    ]


def test_both_controllers_are_scraped() -> None:
    objects = discovery()
    for name in ("nfd-master", "nfd-gc"):
        assert objects[f"PodMonitor/{name}"]["spec"]["podMetricsEndpoints"] == [{"port": "http"}]
        assert objects[f"NetworkPolicy/{name}"]["spec"]["ingress"][0]["ports"] == [
            {"port": 8080, "protocol": "TCP"}
        ]
