from typing import Any

import pytest
from cdk8s import App

from charts_src.components.efa_device_plugin import EfaDevicePlugin
from charts_src.components.neuron_device_plugin import NeuronDevicePlugin
from charts_src.components.neuron_monitor import NeuronMonitor
from charts_src.components.neuron_scheduler import NeuronScheduler
from charts_src.components.node_pools import NodePools
from charts_src.lib.instances import instance, names
from charts_src.model import Environment
from charts_src.objects import Body
from tests.ray_environment import POOLS, environment, rendered

NEURON_TYPES = [name for name in names() if instance(name).neuron_devices]


def with_type(instance_type: str) -> Environment:
    region = next(iter(instance(instance_type).offerings))
    zones = [region + letter for letter in instance(instance_type).offerings[region]]
    pool = {"purpose": "training", "instance_types": [instance_type], "zones": zones, "max_nodes": 1}
    return environment(
        aws={"account": "111122223333", "region": region, "zones": [f"{region}{one}" for one in "abcdef"]},
        karpenter={"node_role": "node", "node_pools": {"system": POOLS["system"], "neuron": pool}},
        stable_diffusion=None,
    )


def selects(component: Body, node: dict[str, str]) -> bool:
    """Evaluate the required node affinity of a DaemonSet on the labels of a node."""
    affinity = component["spec"]["template"]["spec"]["affinity"]["nodeAffinity"]
    terms = affinity["requiredDuringSchedulingIgnoredDuringExecution"]["nodeSelectorTerms"]
    return any(
        all(node.get(each["key"]) in each["values"] for each in term["matchExpressions"]) for term in terms
    )


def plugin() -> dict[str, Body]:
    return rendered(NeuronDevicePlugin(App(), environment()))


def pod() -> Any:
    return plugin()["DaemonSet/neuron-device-plugin"]["spec"]["template"]["spec"]


@pytest.mark.parametrize("name", NEURON_TYPES)
def test_every_neuron_instance_type_is_covered_as_its_pool_labels_it(name: str) -> None:
    env = with_type(name)
    labels = rendered(NodePools(App(), env))["NodePool/neuron"]["spec"]["template"]["metadata"]["labels"]
    for component in (NeuronDevicePlugin, NeuronMonitor):
        assert component.enabled(env)
        daemon_set = rendered(component(App(), env))[f"DaemonSet/{component.name}"]
        assert selects(daemon_set, labels)
        assert not selects(daemon_set, labels | {"genai-on-eks/accelerator": "nvidia"})
    assert NeuronScheduler.enabled(env)


def test_the_types_that_upstreams_lists_forget_are_among_them() -> None:
    assert {"trn2.3xlarge", "trn2.48xlarge"} <= set(NEURON_TYPES)


def test_no_agent_is_there_for_hardware_that_no_pool_has() -> None:
    env = environment(
        karpenter={"node_role": "node", "node_pools": {"system": POOLS["system"]}}, stable_diffusion=None
    )
    components = (NeuronDevicePlugin, NeuronMonitor, NeuronScheduler, EfaDevicePlugin)
    assert not any(component.enabled(env) for component in components)


def test_it_tolerates_every_taint_and_outlives_the_pods_that_it_serves() -> None:
    assert pod()["tolerations"] == [{"operator": "Exists"}]
    assert pod()["priorityClassName"] == "system-node-critical"


def test_it_reaches_the_kubelet_and_the_neuron_configuration_of_the_node() -> None:
    (container,) = pod()["containers"]
    assert container["image"] == "public.ecr.aws/neuron/neuron-device-plugin:2.32.0.0"
    assert container["env"] == [
        {"name": "NODE_NAME", "valueFrom": {"fieldRef": {"apiVersion": "v1", "fieldPath": "spec.nodeName"}}}
    ]
    assert container["volumeMounts"] == [
        {"name": "device-plugins", "mountPath": "/var/lib/kubelet/device-plugins"},
        {"name": "aws", "mountPath": "/opt/aws", "readOnly": True},
    ]
    assert pod()["volumes"] == [
        {
            "name": "device-plugins",
            "hostPath": {"path": "/var/lib/kubelet/device-plugins", "type": "Directory"},
        },
        {"name": "aws", "hostPath": {"path": "/opt/aws", "type": "DirectoryOrCreate"}},
    ]
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "capabilities": {"drop": ["ALL"]},
        "runAsNonRoot": False,
        "runAsUser": 0,
    }


def test_it_may_not_reach_pods_through_their_kubelet() -> None:
    rules = plugin()["ClusterRole/neuron-device-plugin"]["rules"]
    assert [(rule["resources"], rule["verbs"]) for rule in rules] == [
        (["events"], ["create", "patch"]),
        (["nodes"], ["get", "list", "watch"]),
        (["nodes/status"], ["patch", "update"]),
        (["pods"], ["get", "list", "watch", "patch", "update"]),
    ]
