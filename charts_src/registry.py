"""Every component, in reading order; the order of syncs is derived from references, not from here."""

from charts_src.components.admission_policies import AdmissionPolicies
from charts_src.components.alert_rules import AlertRules
from charts_src.components.alertmanager import Alertmanager
from charts_src.components.argo_workflows import ArgoWorkflows
from charts_src.components.cert_manager import CertManager
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
from charts_src.components.dcgm_exporter import DcgmExporter
from charts_src.components.ebs_csi_driver import EbsCsiDriver
from charts_src.components.efa_device_plugin import EfaDevicePlugin
from charts_src.components.external_secrets import ExternalSecrets
from charts_src.components.fluent_bit import FluentBit
from charts_src.components.fsx_csi_driver import FsxCsiDriver
from charts_src.components.fsx_directories import FsxDirectories
from charts_src.components.gpu_feature_discovery import GpuFeatureDiscovery
from charts_src.components.grafana import Grafana
from charts_src.components.jupyterhub import JupyterHubComponent
from charts_src.components.karpenter import KarpenterController
from charts_src.components.kube_state_metrics import KubeStateMetrics
from charts_src.components.kuberay_operator import KubeRayOperator
from charts_src.components.kueue import KueueController
from charts_src.components.load_balancer_controller import LoadBalancerController
from charts_src.components.mpi_operator import MpiOperator
from charts_src.components.namespaces import Namespaces
from charts_src.components.neuron_device_plugin import NeuronDevicePlugin
from charts_src.components.neuron_monitor import NeuronMonitor
from charts_src.components.neuron_scheduler import NeuronScheduler
from charts_src.components.node_diagnostics_crd import NodeDiagnosticsCrd
from charts_src.components.node_exporter import NodeExporter
from charts_src.components.node_monitoring import NodeMonitoring
from charts_src.components.node_pools import NodePools
from charts_src.components.node_problem_detector import NodeProblemDetector
from charts_src.components.nvidia_device_plugin import NvidiaDevicePlugin
from charts_src.components.prometheus import Prometheus
from charts_src.components.prometheus_operator import PrometheusOperator
from charts_src.components.queues import Queues
from charts_src.components.s3_csi_crds import S3CsiCrds
from charts_src.components.s3_csi_driver import S3CsiDriver
from charts_src.components.spark_history import SparkHistory
from charts_src.components.spark_jobs import SparkJobs
from charts_src.components.spark_operator import SparkOperator
from charts_src.components.storage import Storage
from charts_src.manifest import Component
from charts_src.workloads.llm import LlmServing
from charts_src.workloads.ray_cluster import SharedRayCluster
from charts_src.workloads.ray_train import RayTraining
from charts_src.workloads.spark_text_pipeline import SparkTextPipeline
from charts_src.workloads.stable_diffusion import StableDiffusionServing
from charts_src.workloads.tensorboard import TensorBoard
from charts_src.workloads.training_workflows import TrainingWorkflows

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
    PrometheusOperator,
    Prometheus,
    Alertmanager,
    AlertRules,
    KubeStateMetrics,
    NodeExporter,
    Grafana,
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
    ArgoWorkflows,
    MpiOperatorCrds,
    MpiOperator,
    KueueCrds,
    KueueController,
    Queues,
    SparkOperatorCrds,
    JupyterHubComponent,
    SharedRayCluster,
    RayTraining,
    SparkOperator,
    SparkJobs,
    SparkHistory,
    SparkTextPipeline,
    StableDiffusionServing,
    LlmServing,
    TrainingWorkflows,
    TensorBoard,
)
