from typing import Any

from cdk8s import App

from charts_src.components.node_diagnostics_crd import NodeDiagnosticsCrd
from charts_src.components.node_monitoring import NodeMonitoring
from charts_src.lib.eks_registry import eks_registry
from charts_src.lib.instances import instance, names
from charts_src.lib.node_health import TAINTS
from charts_src.objects import Body
from tests.ray_environment import POOLS, environment, rendered


def node_monitoring(**sections: Any) -> dict[str, Body]:
    return rendered(NodeMonitoring(App(), environment(**sections)))


def test_the_dcgm_server_runs_on_every_node_with_gpus_whatever_its_taints() -> None:
    spec = node_monitoring()["DaemonSet/dcgm-server"]["spec"]["template"]["spec"]
    assert spec["nodeSelector"] == {
        "kubernetes.io/os": "linux",
        "kubernetes.io/arch": "amd64",
        "genai-on-eks/accelerator": "nvidia",
    }
    assert spec["tolerations"] == [{"operator": "Exists"}]
    assert spec["automountServiceAccountToken"] is False


def test_there_is_no_dcgm_server_without_gpus() -> None:
    pools = {name: pool for name, pool in POOLS.items() if name != "gpu"}
    sections: dict[str, Any] = {
        "karpenter": {"node_role": "genai-node", "node_pools": pools},
        "stable_diffusion": None,
    }
    assert "DaemonSet/dcgm-server" not in node_monitoring(**sections)


def test_an_agent_can_set_the_conditions_of_no_other_node() -> None:
    rules = node_monitoring()["ClusterRole/eks-node-monitoring-agent"]["rules"]
    assert not any("nodes/status" in rule["resources"] for rule in rules)
    (container,) = node_monitoring()["DaemonSet/eks-node-monitoring-agent"]["spec"]["template"]["spec"][
        "containers"
    ]
    assert not any("legacy-node-rbac" in argument for argument in container["args"])


def test_the_image_is_that_of_the_region() -> None:
    (container,) = node_monitoring()["DaemonSet/eks-node-monitoring-agent"]["spec"]["template"]["spec"][
        "containers"
    ]
    assert container["image"] == (
        "602401143452.dkr.ecr.us-west-2.amazonaws.com/eks/eks-node-monitoring-agent:v1.7.0-eksbuild.1"
    )
    assert eks_registry("eu-south-1") == "590381155156.dkr.ecr.eu-south-1.amazonaws.com"


def test_the_definition_has_what_somebody_may_ask_for() -> None:
    crd = rendered(NodeDiagnosticsCrd(App(), environment()))[
        "CustomResourceDefinition/nodediagnostics.eks.amazonaws.com"
    ]
    (version,) = crd["spec"]["versions"]
    properties = version["schema"]["openAPIV3Schema"]["properties"]
    assert set(properties["spec"]["properties"]) == {"logCapture", "packetCapture"}
    assert set(properties["status"]["properties"]) == {"captureStatuses", "conditions"}
    assert version["subresources"] == {"status": {}}


def test_the_taint_protocol_has_the_taint_of_every_accelerator() -> None:
    accelerators = {instance(name).accelerator for name in names()} - {"none"}
    assert accelerators == {"nvidia", "trainium", "inferentia"}
    assert {"nvidia.com/gpu", "aws.amazon.com/neuron"} <= set(TAINTS)
