"""What an accelerator is to the scheduler: labels and taints of its nodes, resources that pods ask for.

Resource names: the device plugins' own (NVIDIA k8s-device-plugin, AWS Neuron, AWS EFA); Karpenter 1.15.1
knows the same ones (pkg/apis/v1/labels.go), but not those of shared GPUs. A Neuron pod asks for devices, not
cores: the plugin counts logical cores, which the Logical NeuronCore Configuration (LNC, by default 2 on
Trainium2) makes of physical ones, while Karpenter counts the physical: 128 on a trn2.48xlarge, where the
plugin offers 64 (aws-neuron-sdk, logical-neuroncore-config.rst). Devices are the same number to both.
"""

from collections.abc import Iterable
from typing import Literal

from charts_src.lib.pod import pod_field
from charts_src.objects import Body

Accelerator = Literal["none", "nvidia", "trainium", "inferentia"]
"""What the nodes of a pool compute with; none is a CPU."""

Purpose = Literal["system", "inference", "training", "batch"]
"""What a pool is for, which decides when Karpenter may disrupt its nodes."""

ACCELERATOR_LABEL = "genai-on-eks/accelerator"
"""Node label with the accelerator of the pool."""

PURPOSE_LABEL = "genai-on-eks/purpose"
"""Node label with the purpose of the pool."""

EFA_LABEL = "genai-on-eks/efa"
"""Node label, "true" or "false": whether the nodes of the pool have EFA interfaces."""

SHARING_LABEL = "genai-on-eks/gpu-sharing"
"""Label of nodes whose GPUs several pods share, and key of their taint; the value says how they share."""

NVIDIA_GPU = "nvidia.com/gpu"
NEURON_DEVICE = "aws.amazon.com/neuron"
NEURON_CORE = "aws.amazon.com/neuroncore"
EFA = "vpc.amazonaws.com/efa"

NEURON_SCHEDULER = "neuron-scheduler"
"""schedulerName of pods that ask for more than one Neuron device of a node, but not for all of them: this
scheduler gives them devices that are connected to each other, which the default one does not."""

RESOURCE: dict[Accelerator, str] = {
    "nvidia": NVIDIA_GPU,
    "trainium": NEURON_DEVICE,
    "inferentia": NEURON_DEVICE,
}
"""Extended resource that a pod asks for to get one accelerator; also the key of the taint on the nodes."""


def node_labels(accelerator: Accelerator, purpose: Purpose) -> dict[str, str]:
    """Give the labels by which workloads select the nodes of a pool without knowing its name."""
    return {ACCELERATOR_LABEL: accelerator, PURPOSE_LABEL: purpose}


def taints(accelerator: Accelerator) -> list[Body]:
    """Give the taints that keep pods without a need for the accelerator off its nodes; none on CPU nodes."""
    if accelerator == "none":
        return []
    return [{"key": RESOURCE[accelerator], "value": "true", "effect": "NoSchedule"}]


def tolerations(accelerator: Accelerator) -> list[Body]:
    """Give the tolerations of the taints on the nodes of an accelerator, for pods and node agents."""
    return [
        {"key": taint["key"], "operator": "Exists", "effect": taint["effect"]}
        for taint in taints(accelerator)
    ]


def selection(accelerators: Iterable[Accelerator]) -> Body:
    """Give the pod field `affinity` for nodes with one of the accelerators, whatever their instance type."""
    return _required(ACCELERATOR_LABEL, sorted(accelerators))


def efa_selection() -> Body:
    """Give the pod field `affinity` for nodes with EFA interfaces."""
    return _required(EFA_LABEL, ["true"])


def _required(label: str, values: list[str]) -> Body:
    term = {"matchExpressions": [{"key": label, "operator": "In", "values": values}]}
    required = {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": [term]}}
    return {"affinity": {"nodeAffinity": required}}


def sharing_taint(mode: str) -> Body:
    """Give the taint of nodes with shared GPUs.

    Without it Karpenter would launch such a node for a pod that wants a whole GPU, which it never offers.
    """
    return {"key": SHARING_LABEL, "value": mode, "effect": "NoSchedule"}


def sharing_placement(mode: str) -> Body:
    """Give the pod fields `nodeSelector` and `tolerations` for nodes whose GPUs are shared in this way."""
    shared = {"key": SHARING_LABEL, "operator": "Equal", "value": mode, "effect": "NoSchedule"}
    return {"nodeSelector": {SHARING_LABEL: mode}, "tolerations": [*tolerations("nvidia"), shared]}


def process_tag(accelerator: Accelerator) -> list[Body]:
    """Give the environment variables that tag a container's Neuron processes as <namespace>/<pod>, if any.

    neuron-monitor puts the tag on each metric of a process, and the exporter's PodMonitor makes the labels
    `namespace` and `pod` of it. Several processes of one pod need tags of their own: append /<rank>.
    """
    if RESOURCE.get(accelerator) != NEURON_DEVICE:
        return []
    return [
        pod_field("POD_NAMESPACE", "metadata.namespace"),
        pod_field("POD_NAME", "metadata.name"),
        {"name": "NEURON_PROCESS_TAG", "value": "$(POD_NAMESPACE)/$(POD_NAME)"},
    ]


def placement(accelerator: Accelerator, purpose: Purpose) -> Body:
    """Give the pod fields `nodeSelector` and, where there are taints, `tolerations` for nodes of this kind.

    An empty list is left out: controllers written in Go lose it when they write an object back.
    """
    tolerated = {"tolerations": tolerations(accelerator)} if taints(accelerator) else {}
    return {"nodeSelector": node_labels(accelerator, purpose), **tolerated}
