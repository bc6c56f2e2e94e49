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
from charts_src.components.dcgm_exporter import DcgmExporter
from charts_src.components.ebs_csi_driver import EbsCsiDriver
from charts_src.components.efa_device_plugin import EfaDevicePlugin
from charts_src.components.fsx_csi_driver import FsxCsiDriver
from charts_src.components.fsx_directories import FsxDirectories
from charts_src.components.gpu_feature_discovery import GpuFeatureDiscovery
from charts_src.components.karpenter import KarpenterController
from charts_src.components.kuberay_operator import KubeRayOperator
from charts_src.components.namespaces import Namespaces
from charts_src.components.neuron_device_plugin import NeuronDevicePlugin
from charts_src.components.neuron_monitor import NeuronMonitor
from charts_src.components.neuron_scheduler import NeuronScheduler
from charts_src.components.node_pools import NodePools
from charts_src.components.nvidia_device_plugin import NvidiaDevicePlugin
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
    KarpenterController,
    NodePools,
    NeuronDevicePlugin,
    NeuronScheduler,
    NeuronMonitor,
    NvidiaDevicePlugin,
    EbsCsiDriver,
    FsxCsiDriver,
    S3CsiCrds,
    S3CsiDriver,
    Storage,
    FsxDirectories,
    NodeFeatureDiscoveryCrds,
    GpuFeatureDiscovery,
    DcgmExporter,
    EfaDevicePlugin,
    KubeRayCrds,
    KubeRayOperator,
    ArgoWorkflowsCrds,
    MpiOperatorCrds,
    SparkOperatorCrds,
    StableDiffusionServing,
)
