"""Every component, in reading order; the order of syncs is derived from references, not from here."""

from charts_src.components.admission_policies import AdmissionPolicies
from charts_src.components.cert_manager import CertManager
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
from charts_src.components.external_secrets import ExternalSecrets
from charts_src.components.fluent_bit import FluentBit
from charts_src.components.kuberay_operator import KubeRayOperator
from charts_src.components.load_balancer_controller import LoadBalancerController
from charts_src.components.namespaces import Namespaces
from charts_src.components.node_diagnostics_crd import NodeDiagnosticsCrd
from charts_src.components.node_monitoring import NodeMonitoring
from charts_src.components.node_pools import NodePools
from charts_src.components.node_problem_detector import NodeProblemDetector
from charts_src.manifest import Component
from charts_src.workloads.stable_diffusion import StableDiffusionServing

COMPONENTS: tuple[type[Component], ...] = (
    Namespaces,
    AdmissionPolicies,
    CertManagerCrds,
    CertManager,
    ExternalSecretsCrds,
    ExternalSecrets,
    LoadBalancerControllerCrds,
    LoadBalancerController,
    NodeDiagnosticsCrd,
    NodeMonitoring,
    NodeProblemDetector,
    FluentBit,
    PrometheusOperatorCrds,
    KarpenterCrds,
    NodePools,
    NodeFeatureDiscoveryCrds,
    KubeRayCrds,
    KubeRayOperator,
    ArgoWorkflowsCrds,
    MpiOperatorCrds,
    SparkOperatorCrds,
    StableDiffusionServing,
)
