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
from charts_src.components.ebs_csi_driver import EbsCsiDriver
from charts_src.components.fsx_csi_driver import FsxCsiDriver
from charts_src.components.fsx_directories import FsxDirectories
from charts_src.components.kuberay_operator import KubeRayOperator
from charts_src.components.namespaces import Namespaces
from charts_src.components.node_pools import NodePools
from charts_src.components.s3_csi_crds import S3CsiCrds
from charts_src.components.s3_csi_driver import S3CsiDriver
from charts_src.components.storage import Storage
from charts_src.manifest import Component
from charts_src.workloads.stable_diffusion import StableDiffusionServing

COMPONENTS: tuple[type[Component], ...] = (
    Namespaces,
    CertManagerCrds,
    ExternalSecretsCrds,
    LoadBalancerControllerCrds,
    PrometheusOperatorCrds,
    KarpenterCrds,
    NodePools,
    EbsCsiDriver,
    FsxCsiDriver,
    S3CsiCrds,
    S3CsiDriver,
    Storage,
    FsxDirectories,
    NodeFeatureDiscoveryCrds,
    KubeRayCrds,
    KubeRayOperator,
    ArgoWorkflowsCrds,
    MpiOperatorCrds,
    SparkOperatorCrds,
    StableDiffusionServing,
)
