"""What an accelerator is to the scheduler: labels and taints of its nodes, resources that pods ask for.

Resource names: the device plugins' own (NVIDIA k8s-device-plugin, AWS Neuron, AWS EFA); Karpenter 1.15.1
knows the same ones (pkg/apis/v1/labels.go). A Neuron pod asks for devices, not cores: Karpenter counts
128 cores on a trn2.48xlarge, where the device plugin offers 64.
"""

from typing import Literal

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

NVIDIA_GPU = "nvidia.com/gpu"
NEURON_DEVICE = "aws.amazon.com/neuron"
NEURON_CORE = "aws.amazon.com/neuroncore"
EFA = "vpc.amazonaws.com/efa"

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


def placement(accelerator: Accelerator, purpose: Purpose) -> Body:
    """Give the pod fields `nodeSelector` and, where there are taints, `tolerations` for nodes of this kind.

    An empty list is left out: controllers written in Go lose it when they write an object back.
    """
    tolerated = {"tolerations": tolerations(accelerator)} if taints(accelerator) else {}
    return {"nodeSelector": node_labels(accelerator, purpose), **tolerated}
