"""Every component, in reading order; the order of syncs is derived from references, not from here."""

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
from charts_src.components.karpenter import KarpenterController
from charts_src.components.kuberay_operator import KubeRayOperator
from charts_src.components.namespaces import Namespaces
from charts_src.components.node_pools import NodePools
from charts_src.manifest import Component
from charts_src.workloads.stable_diffusion import StableDiffusionServing

COMPONENTS: tuple[type[Component], ...] = (
    Namespaces,
    CertManagerCrds,
    ExternalSecretsCrds,
    LoadBalancerControllerCrds,
    PrometheusOperatorCrds,
    KarpenterCrds,
    KarpenterController,
    NodePools,
    NodeFeatureDiscoveryCrds,
    KubeRayCrds,
    KubeRayOperator,
    ArgoWorkflowsCrds,
    MpiOperatorCrds,
    SparkOperatorCrds,
    StableDiffusionServing,
)
