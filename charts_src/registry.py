"""Every component, in reading order; the order of syncs is derived from references, not from here."""

from charts_src.components.argo_workflows import ArgoWorkflows
from charts_src.components.crds import (
    ArgoWorkflowsCrds,
    CertManagerCrds,
    ExternalSecretsCrds,
    KarpenterCrds,
    KubeRayCrds,
    LoadBalancerControllerCrds,
    MpiOperatorCrds,
    NodeFeatureDiscoveryCrds,
    PrometheusOperatorCrds,
    SparkOperatorCrds,
)
from charts_src.components.kuberay_operator import KubeRayOperator
from charts_src.components.namespaces import Namespaces
from charts_src.components.node_pools import NodePools
from charts_src.manifest import Component
from charts_src.workloads.stable_diffusion import StableDiffusionServing
from charts_src.workloads.tensorboard import TensorBoard
from charts_src.workloads.training_workflows import TrainingWorkflows

COMPONENTS: tuple[type[Component], ...] = (
    Namespaces,
    CertManagerCrds,
    ExternalSecretsCrds,
    LoadBalancerControllerCrds,
    PrometheusOperatorCrds,
    KarpenterCrds,
    NodePools,
    NodeFeatureDiscoveryCrds,
    KubeRayCrds,
    KubeRayOperator,
    ArgoWorkflowsCrds,
    ArgoWorkflows,
    MpiOperatorCrds,
    SparkOperatorCrds,
    StableDiffusionServing,
    TrainingWorkflows,
    TensorBoard,
)
