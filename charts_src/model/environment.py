"""The whole environment file."""

from collections.abc import Iterable
from ipaddress import IPv4Network
from typing import Annotated

from charts_src.model.accelerators import Accelerators
from charts_src.model.base import Form, KubernetesMinor, Model, Name, Problem
from charts_src.model.cert_manager import CertManager
from charts_src.model.csi_drivers import CsiDrivers
from charts_src.model.external_secrets import ExternalSecrets
from charts_src.model.images import Images
from charts_src.model.jupyterhub import JupyterHub
from charts_src.model.jupyterhub import check as check_jupyterhub
from charts_src.model.karpenter import Karpenter
from charts_src.model.karpenter import check as check_karpenter
from charts_src.model.kuberay import KubeRay
from charts_src.model.kuberay import check as check_kuberay
from charts_src.model.kueue import Kueue
from charts_src.model.kueue import check as check_kueue
from charts_src.model.load_balancer_controller import LoadBalancerController
from charts_src.model.logging import Logging
from charts_src.model.logging import check as check_logging
from charts_src.model.monitoring import Monitoring
from charts_src.model.monitoring import check as check_monitoring
from charts_src.model.mpi_operator import MpiOperator
from charts_src.model.node_monitoring import NodeMonitoring
from charts_src.model.platform import ArgoCd, Aws, Cluster, Ingress, check_system_nodes
from charts_src.model.ray_cluster import RayCluster
from charts_src.model.ray_cluster import check as check_ray_cluster
from charts_src.model.ray_train import RayTrain
from charts_src.model.ray_train import check as check_ray_train
from charts_src.model.security import Security
from charts_src.model.spark import Spark
from charts_src.model.spark import check as check_spark
from charts_src.model.stable_diffusion import StableDiffusion
from charts_src.model.stable_diffusion import check as check_stable_diffusion
from charts_src.model.storage import Storage


class Environment(Model):
    """One environment: a cluster and all that Argo CD keeps in it."""

    name: Name
    """Name of the environment: the name of its file, and of its folder in rendered/ and argocd/."""

    kubernetes: KubernetesMinor
    """Kubernetes minor version of the cluster, in quotes because YAML would read a number."""

    aws: Aws
    """Account, region and zones."""

    cluster: Cluster
    """The EKS cluster."""

    argocd: ArgoCd
    """How Argo CD finds this repository and the cluster."""

    ingress: Ingress
    """How users reach the services."""

    registry: Annotated[
        str,
        Form(
            r"^[a-z0-9.-]+(:[0-9]+)?(/[a-z0-9._-]+)*$",
            "write a registry and, after a slash, a path, in lower case and without https://",
        ),
    ]
    """Registry and path prefix of the images that this repository builds."""

    images: Images = Images()
    """Where images of upstream are pulled from."""

    storage: Storage | None = None
    """Buckets and the shared file system; what needs them is left out of an environment without it."""

    csi_drivers: CsiDrivers = CsiDrivers()
    """The drivers that make volumes for pods."""

    security: Security = Security()
    """What the API server refuses."""

    cert_manager: CertManager = CertManager()
    """What makes the certificates of admission webhooks."""

    external_secrets: ExternalSecrets = ExternalSecrets()
    """What copies secrets from AWS Secrets Manager into the cluster."""

    load_balancer_controller: LoadBalancerController = LoadBalancerController()
    """What makes the load balancer of the Ingresses."""

    logging: Logging = Logging()
    """Where the logs of containers go."""

    node_monitoring: NodeMonitoring = NodeMonitoring()
    """What tells Karpenter of broken nodes."""

    karpenter: Karpenter
    """Node pools: which instances may exist, how they are bought, and when they may be disrupted."""

    accelerators: Accelerators = Accelerators()
    """Agents that make GPUs, Neuron devices and EFA usable and visible."""

    kuberay: KubeRay = KubeRay()
    """The operator that runs Ray clusters."""

    mpi_operator: MpiOperator = MpiOperator()
    """The operator that runs MPIJobs, for training over several nodes."""

    kueue: Kueue = Kueue()
    """Queues: a job starts when the quota of its team has room for all of its pods."""

    spark: Spark | None = None
    """Spark jobs on Kubernetes; leave it out for an environment without them."""

    monitoring: Monitoring = Monitoring()
    """Metrics, alerts and dashboards."""

    stable_diffusion: StableDiffusion | None = None
    """Stable Diffusion XL behind an ingress; leave it out for an environment without it."""

    jupyterhub: JupyterHub | None = None
    """Notebooks; leave it out for an environment without them."""

    ray_cluster: RayCluster | None = None
    """The Ray cluster that notebooks share; leave it out for an environment without it."""

    ray_train: RayTrain | None = None
    """A distributed training job with Ray; leave it out for an environment without one."""

    def problems(self) -> Iterable[Problem]:
        """Find contradictions between sections."""
        if IPv4Network(self.cluster.vpc_cidr).overlaps(IPv4Network(self.cluster.service_cidr)):
            yield Problem(
                ("cluster", "service_cidr"),
                f"overlaps vpc_cidr {self.cluster.vpc_cidr}; choose another range",
            )
        yield from check_system_nodes(self.cluster.system_nodes, self.aws)
        yield from check_karpenter(self.karpenter, self.aws)
        yield from check_kuberay(self.karpenter)
        yield from check_logging(self.logging, self.storage)
        yield from check_kueue(self.kueue, self.karpenter, self.stable_diffusion)
        if self.spark:
            yield from check_spark(self.spark, self.karpenter, self.storage)
        if self.stable_diffusion:
            yield from check_stable_diffusion(self.stable_diffusion, self.karpenter)
            hosts = self.stable_diffusion.variants().items()
            yield from check_monitoring(
                self.monitoring,
                ((("stable_diffusion", name, "host"), variant.host) for name, variant in hosts),
            )
        if self.jupyterhub:
            yield from check_jupyterhub(self.jupyterhub, self.karpenter)
        if self.ray_cluster:
            yield from check_ray_cluster(self.ray_cluster, self.karpenter)
        if self.ray_train:
            yield from check_ray_train(self.ray_train, self.karpenter, self.storage)
