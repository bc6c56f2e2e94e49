"""Which layer of the platform a component belongs to."""

from typing import Final

OTHER: Final = "Other"
"""A component that the table does not know yet."""

_LAYERS: Final = {
    "Serving": "llm stable-diffusion",
    "Training": "mpi-operator queues kueue ray-train tensorboard training-workflows",
    "Data": "spark-history spark-jobs spark-operator spark-text-pipeline",
    "JARK": "argo-workflows jupyterhub kuberay-operator ray-cluster",
    "Accelerators": "dcgm-exporter efa-device-plugin gpu-feature-discovery neuron-device-plugin "
    "neuron-monitor neuron-scheduler nvidia-device-plugin",
    "Storage": "ebs-csi-driver fsx-csi-driver fsx-directories s3-csi-driver storage",
    "Nodes": "karpenter node-monitoring node-pools node-problem-detector",
    "Observability": "alert-rules alertmanager fluent-bit grafana kube-state-metrics node-exporter "
    "prometheus prometheus-operator",
    "Security": "admission-policies cert-manager external-secrets",
    "Foundation": "aws-load-balancer-controller namespaces",
}
"""From what people use to what all stands on; JARK is JupyterHub, Argo Workflows and Ray on Kubernetes."""

_HOMES: Final = {
    "kuberay-crds": "kuberay-operator",
    "node-diagnostics-crd": "node-monitoring",
    "node-feature-discovery-crds": "gpu-feature-discovery",
    "s3-csi-crds": "s3-csi-driver",
}
"""Definitions whose component has another name than theirs."""

NAMES: Final = (*_LAYERS, OTHER)
"""The layers from top to bottom."""

_OF: Final = {name: layer for layer, names in _LAYERS.items() for name in names.split()}


def stem(component: str) -> str:
    """Name what a component of definitions belongs to: the definitions of kueue are part of kueue."""
    return _HOMES.get(component, component.removesuffix("-crds"))


def layer(component: str) -> str:
    """Give the layer of a component, or OTHER."""
    return _OF.get(stem(component), OTHER)
