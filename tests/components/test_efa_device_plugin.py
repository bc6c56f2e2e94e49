from typing import Any

from cdk8s import App

from charts_src.components.efa_device_plugin import EfaDevicePlugin
from charts_src.model import Environment
from charts_src.objects import Body
from tests.ray_environment import POOLS, environment, rendered


def with_efa(*, efa: bool) -> Environment:
    pool = {
        "purpose": "training",
        "instance_types": ["trn1.32xlarge"],
        "zones": ["us-west-2b"],
        "max_nodes": 2,
        "efa": efa,
    }
    return environment(karpenter={"node_role": "node", "node_pools": POOLS | {"trainium": pool}})


def plugin() -> dict[str, Body]:
    return rendered(EfaDevicePlugin(App(), with_efa(efa=True)))


def pod() -> Any:
    return plugin()["DaemonSet/efa-device-plugin"]["spec"]["template"]["spec"]


def test_it_runs_where_a_pool_attaches_efa_and_not_wherever_a_type_could_have_it() -> None:
    assert EfaDevicePlugin.enabled(with_efa(efa=True))
    assert not EfaDevicePlugin.enabled(with_efa(efa=False))
    (term,) = pod()["affinity"]["nodeAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"][
        "nodeSelectorTerms"
    ]
    assert term == {"matchExpressions": [{"key": "genai-on-eks/efa", "operator": "In", "values": ["true"]}]}
    assert pod()["tolerations"] == [{"operator": "Exists"}]


def test_it_opens_the_devices_of_the_node_and_has_no_token() -> None:
    spec = pod()
    (container,) = spec["containers"]
    assert container["image"] == (
        "602401143452.dkr.ecr.us-west-2.amazonaws.com/eks/aws-efa-k8s-device-plugin:v0.5.21-eksbuild.9"
    )
    assert container["securityContext"] == {"privileged": True, "runAsNonRoot": False, "runAsUser": 0}
    assert container["volumeMounts"] == [
        {"name": "device-plugins", "mountPath": "/var/lib/kubelet/device-plugins"},
        {"name": "infiniband", "mountPath": "/dev/infiniband"},
        {"name": "neuron", "mountPath": "/opt/aws/neuron", "readOnly": True},
    ]
    assert [volume["hostPath"] for volume in spec["volumes"]] == [
        {"path": "/var/lib/kubelet/device-plugins", "type": "Directory"},
        {"path": "/dev/infiniband", "type": "Directory"},
        {"path": "/opt/aws/neuron", "type": "DirectoryOrCreate"},
    ]
    assert spec["hostNetwork"] is True
    assert spec["automountServiceAccountToken"] is False
    assert spec["priorityClassName"] == "system-node-critical"
