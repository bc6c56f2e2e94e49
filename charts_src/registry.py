"""Every component, in reading order; the order of syncs is derived from references, not from here."""

from charts_src.components.crds import (
    ArgoWorkflowsCrds,
    CertManagerCrds,
    ExternalSecretsCrds,
    KarpenterCrds,
    KubeRayCrds,
    KueueCrds,
    LoadBalancerControllerCrds,
    MpiOperatorCrds,
    NodeFeatureDiscoveryCrds,
    PrometheusOperatorCrds,
    SparkOperatorCrds,
)
from charts_src.components.karpenter import KarpenterController
from charts_src.components.kuberay_operator import KubeRayOperator
from charts_src.components.kueue import KueueController
from charts_src.components.mpi_operator import MpiOperator
from charts_src.components.namespaces import Namespaces
from charts_src.components.node_pools import NodePools
from charts_src.components.queues import Queues
from charts_src.components.spark_history import SparkHistory
from charts_src.components.spark_jobs import SparkJobs
from charts_src.components.spark_operator import SparkOperator
from charts_src.manifest import Component
from charts_src.workloads.spark_text_pipeline import SparkTextPipeline
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
    MpiOperator,
    KueueCrds,
    KueueController,
    Queues,
    SparkOperatorCrds,
    SparkOperator,
    SparkJobs,
    SparkHistory,
    SparkTextPipeline,
    StableDiffusionServing,
)
