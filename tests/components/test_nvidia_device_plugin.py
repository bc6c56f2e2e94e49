from typing import Any

import pytest
import yaml
from cdk8s import App

from charts_src.components.node_pools import NodePools
from charts_src.components.nvidia_device_plugin import NvidiaDevicePlugin
from charts_src.lib.accelerators import sharing_placement
from charts_src.model import Environment
from charts_src.objects import Body
from tests.gpu_environment import MIG, MPS, TIME_SLICING, with_pool
from tests.ray_environment import POOLS, environment, rendered


def plugin(env: Environment | None = None) -> dict[str, Body]:
    return rendered(NvidiaDevicePlugin(App(), env or environment()))


def pod(objects: dict[str, Body], name: str = "nvidia-device-plugin") -> Any:
    return objects[f"DaemonSet/{name}"]["spec"]["template"]["spec"]


def containers(objects: dict[str, Body], name: str = "nvidia-device-plugin") -> Any:
    spec = pod(objects, name)
    return {each["name"]: each for each in (*spec["initContainers"], *spec["containers"])}


def configurations(objects: dict[str, Body]) -> dict[str, Any]:
    data = objects["ConfigMap/nvidia-device-plugin"]["data"]
    return {name: yaml.safe_load(text) for name, text in data.items()}


def pool(env: Environment) -> tuple[Any, Any]:
    objects = rendered(NodePools(App(), env))
    return objects["NodePool/shared"]["spec"]["template"], objects["EC2NodeClass/shared"]["spec"]


def test_it_runs_on_every_node_that_a_pool_labels_as_nvidia_whatever_its_taints() -> None:
    spec = pod(plugin())
    assert spec["affinity"]["nodeAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"] == {
        "nodeSelectorTerms": [
            {
                "matchExpressions": [
                    {"key": "genai-on-eks/accelerator", "operator": "In", "values": ["nvidia"]}
                ]
            }
        ]
    }
    assert spec["tolerations"] == [{"operator": "Exists"}]
    assert spec["priorityClassName"] == "system-node-critical"


def test_there_is_none_without_a_pool_with_gpus() -> None:
    pools = {name: pool for name, pool in POOLS.items() if name != "gpu"}
    env = environment(karpenter={"node_role": "node", "node_pools": pools}, stable_diffusion=None, kuberay={})
    assert NvidiaDevicePlugin.enabled(environment())
    assert not NvidiaDevicePlugin.enabled(env)


def test_the_plugin_reads_its_nodes_configuration_and_reaches_the_kubelet_and_nothing_else() -> None:
    container = containers(plugin())["nvidia-device-plugin"]
    assert container["image"] == "nvcr.io/nvidia/k8s-device-plugin:v0.19.3"
    assert container["command"] == ["nvidia-device-plugin"]
    assert {each["name"]: each["value"] for each in container["env"]} == {
        "FAIL_ON_INIT_ERROR": "true",
        "DEVICE_LIST_STRATEGY": "envvar",
        "CONFIG_FILE": "/config/config.yaml",
        "NVIDIA_VISIBLE_DEVICES": "all",
        "NVIDIA_DRIVER_CAPABILITIES": "compute,utility",
    }
    assert container["volumeMounts"] == [
        {"name": "device-plugins", "mountPath": "/var/lib/kubelet/device-plugins"},
        {"name": "available-configs", "mountPath": "/available-configs", "readOnly": True},
        {"name": "config", "mountPath": "/config"},
    ]
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "capabilities": {"drop": ["ALL"]},
        "readOnlyRootFilesystem": True,
        "runAsNonRoot": False,
        "runAsUser": 0,
    }
    paths = [volume["hostPath"]["path"] for volume in pod(plugin())["volumes"] if "hostPath" in volume]
    assert paths == ["/var/lib/kubelet/device-plugins"]


@pytest.mark.parametrize(
    ("name", "oneshot", "signal", "process"),
    [("config-init", "true", "", ""), ("config-manager", "false", "1", "nvidia-device-plugin")],
)
def test_the_configuration_is_chosen_at_the_start_and_followed_later(
    name: str, oneshot: str, signal: str, process: str
) -> None:
    objects = plugin()
    values = {each["name"]: each.get("value") for each in containers(objects)[name]["env"]}
    assert pod(objects)["shareProcessNamespace"] is True
    assert values == {
        "NODE_NAME": None,
        "KUBECONFIG": "",
        "NODE_LABEL": "nvidia.com/device-plugin.config",
        "CONFIG_FILE_SRCDIR": "/available-configs",
        "CONFIG_FILE_DST": "/config/config.yaml",
        "DEFAULT_CONFIG": "whole",
        "FALLBACK_STRATEGIES": "named,single",
        "ONESHOT": oneshot,
        "SEND_SIGNAL": "true" if signal else "false",
        "SIGNAL": signal,
        "PROCESS_TO_SIGNAL": process,
    }


def test_without_sharing_there_is_one_configuration_and_no_daemon() -> None:
    objects = plugin()
    assert configurations(objects) == {"whole": {"version": "v1", "flags": {"migStrategy": "none"}}}
    assert "DaemonSet/nvidia-mps-control-daemon" not in objects


def test_time_slices_have_a_name_of_their_own_and_a_pod_gets_one_at_a_time() -> None:
    assert configurations(plugin(with_pool(TIME_SLICING)))["time-slicing-4"] == {
        "version": "v1",
        "flags": {"migStrategy": "none"},
        "sharing": {
            "timeSlicing": {
                "failRequestsGreaterThanOne": True,
                "renameByDefault": True,
                "resources": [{"name": "nvidia.com/gpu", "replicas": 4}],
            }
        },
    }


def test_shares_of_mps_have_a_name_of_their_own() -> None:
    assert configurations(plugin(with_pool(MPS)))["mps-8"] == {
        "version": "v1",
        "flags": {"migStrategy": "none"},
        "sharing": {
            "mps": {"renameByDefault": True, "resources": [{"name": "nvidia.com/gpu", "replicas": 8}]}
        },
    }


def test_the_daemon_of_mps_runs_on_nodes_of_such_pools_and_meets_the_plugin() -> None:
    objects = plugin(with_pool(MPS))
    spec = pod(objects, "nvidia-mps-control-daemon")
    assert spec["nodeSelector"] == {"genai-on-eks/gpu-sharing": "mps"}
    assert spec["hostPID"] is True
    assert spec["tolerations"] == [{"operator": "Exists"}]
    parts = containers(objects, "nvidia-mps-control-daemon")
    assert list(parts) == ["mount-shm", "config-init", "config-manager", "mps-control-daemon"]
    assert parts["mount-shm"]["command"] == ["mps-control-daemon", "mount-shm"]
    assert parts["mount-shm"]["volumeMounts"] == [
        {"name": "mps-root", "mountPath": "/mps", "mountPropagation": "Bidirectional"}
    ]
    shared = [{"name": "mps-root", "mountPath": "/mps"}, {"name": "mps-shm", "mountPath": "/dev/shm"}]  # noqa: S108
    for container in (parts["mps-control-daemon"], containers(objects)["nvidia-device-plugin"]):
        assert [mount for mount in container["volumeMounts"] if mount["name"].startswith("mps")] == shared
    assert {"name": "MPS_ROOT", "value": "/run/nvidia/mps"} in containers(objects)["nvidia-device-plugin"][
        "env"
    ]


def test_slices_of_mig_are_offered_by_profile_and_seen_with_one_capability_more() -> None:
    objects = plugin(with_pool(MIG, "p5.48xlarge"))
    assert configurations(objects)["mig-1g.10gb"] == {"version": "v1", "flags": {"migStrategy": "mixed"}}
    container = containers(objects)["nvidia-device-plugin"]
    assert container["securityContext"]["capabilities"] == {"drop": ["ALL"], "add": ["SYS_ADMIN"]}
    assert {"name": "NVIDIA_MIG_MONITOR_DEVICES", "value": "all"} in container["env"]


def test_nodes_of_a_pool_name_their_configuration_and_keep_pods_for_whole_gpus_away() -> None:
    template, _ = pool(with_pool(TIME_SLICING))
    assert template["metadata"]["labels"]["nvidia.com/device-plugin.config"] == "time-slicing-4"
    assert template["metadata"]["labels"]["genai-on-eks/gpu-sharing"] == "time-slicing"
    assert template["spec"]["taints"] == [
        {"key": "nvidia.com/gpu", "value": "true", "effect": "NoSchedule"},
        {"key": "genai-on-eks/gpu-sharing", "value": "time-slicing", "effect": "NoSchedule"},
    ]


def test_a_pod_for_shares_tolerates_both_taints() -> None:
    assert sharing_placement("time-slicing") == {
        "nodeSelector": {"genai-on-eks/gpu-sharing": "time-slicing"},
        "tolerations": [
            {"key": "nvidia.com/gpu", "operator": "Exists", "effect": "NoSchedule"},
            {
                "key": "genai-on-eks/gpu-sharing",
                "operator": "Equal",
                "value": "time-slicing",
                "effect": "NoSchedule",
            },
        ],
    }


def test_nodes_with_whole_gpus_say_so_and_other_nodes_say_nothing() -> None:
    objects = rendered(NodePools(App(), environment()))
    labels = {
        name: objects[f"NodePool/{name}"]["spec"]["template"]["metadata"]["labels"]
        for name in ("gpu", "system", "inferentia")
    }
    assert labels["gpu"]["nvidia.com/device-plugin.config"] == "whole"
    assert not any("nvidia.com/device-plugin.config" in labels[name] for name in ("system", "inferentia"))


def test_slices_of_mig_are_made_before_the_kubelet_starts() -> None:
    _, node_class = pool(with_pool({"mode": "mig", "profile": "3g.40gb"}, "p5.48xlarge"))
    script = "#!/bin/bash\nset -euo pipefail\nnvidia-smi -mig 1\nnvidia-smi mig -cgi 3g.40gb,3g.40gb -C\n"
    assert f"Content-Type: text/x-shellscript\n\n{script}--" in node_class["userData"]
    assert "nvidia-smi" not in pool(with_pool(TIME_SLICING))[1]["userData"]


def test_what_a_shared_node_offers_is_known_before_it_is_there() -> None:
    shared = with_pool(MIG, "p5.48xlarge").karpenter.node_pools["shared"]
    assert shared.gpu_sharing
    assert shared.gpu_sharing.sharing.capacity("H100", 8) == {"nvidia.com/mig-1g.10gb": "56"}
    sliced = with_pool(TIME_SLICING).karpenter.node_pools["shared"]
    assert sliced.gpu_sharing
    assert sliced.gpu_sharing.sharing.capacity("L4", 1) == {"nvidia.com/gpu.shared": "4"}


def test_it_may_read_nodes_and_nothing_else() -> None:
    assert plugin()["ClusterRole/nvidia-device-plugin"]["rules"] == [
        {"apiGroups": [""], "resources": ["nodes"], "verbs": ["get", "list", "watch"]}
    ]
    assert plugin()["ClusterRoleBinding/nvidia-device-plugin"]["subjects"] == [
        {"kind": "ServiceAccount", "name": "nvidia-device-plugin", "namespace": "accelerators"}
    ]


def test_a_new_configuration_replaces_the_pods() -> None:
    def annotation(env: Environment) -> Any:
        template = plugin(env)["DaemonSet/nvidia-device-plugin"]["spec"]["template"]
        return template["metadata"]["annotations"]["genai-on-eks/config"]

    assert annotation(environment()) != annotation(with_pool(TIME_SLICING))
