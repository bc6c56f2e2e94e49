"""The whole environment file."""

from collections.abc import Callable, Iterable
from ipaddress import IPv4Network
from typing import Annotated

from charts_src.model.accelerators import Accelerators
from charts_src.model.argo_workflows import ArgoWorkflows
from charts_src.model.argo_workflows import check as check_argo_workflows
from charts_src.model.base import Form, KubernetesMinor, Model, Name, Problem
from charts_src.model.cert_manager import CertManager
from charts_src.model.cost import Cost
from charts_src.model.csi_drivers import CsiDrivers
from charts_src.model.external_secrets import ExternalSecrets
from charts_src.model.finetune import StableDiffusionFinetune
from charts_src.model.finetune import check as check_finetune
from charts_src.model.hosts import check as check_hosts
from charts_src.model.images import Images
from charts_src.model.jupyterhub import JupyterHub
from charts_src.model.jupyterhub import check as check_jupyterhub
from charts_src.model.karpenter import Karpenter
from charts_src.model.karpenter import check as check_karpenter
from charts_src.model.kuberay import KubeRay
from charts_src.model.kuberay import check as check_kuberay
from charts_src.model.kueue import Kueue
from charts_src.model.kueue import check as check_kueue
from charts_src.model.llama2 import Llama2
from charts_src.model.llama2 import check as check_llama2
from charts_src.model.llm import Llm
from charts_src.model.llm import check as check_llm
from charts_src.model.llm import needs as llm_needs
from charts_src.model.load_balancer_controller import LoadBalancerController
from charts_src.model.logging import Logging
from charts_src.model.logging import check as check_logging
from charts_src.model.monitoring import Monitoring
from charts_src.model.mpi_operator import MpiOperator
from charts_src.model.node_monitoring import NodeMonitoring
from charts_src.model.platform import ArgoCd, Aws, Cluster, Ingress, check_system_nodes
from charts_src.model.ray_cluster import RayCluster
from charts_src.model.ray_cluster import check as check_ray_cluster
from charts_src.model.ray_train import RayTrain
from charts_src.model.ray_train import check as check_ray_train
from charts_src.model.security import Security
from charts_src.model.serving import Need
from charts_src.model.spark import Spark
from charts_src.model.spark import check as check_spark
from charts_src.model.stable_diffusion import StableDiffusion
from charts_src.model.stable_diffusion import check as check_stable_diffusion
from charts_src.model.stable_diffusion import needs as stable_diffusion_needs
from charts_src.model.storage import Storage
from charts_src.model.tensorboard import TensorBoard
from charts_src.model.tensorboard import check as check_tensorboard


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

    cost: Cost = Cost()
    """What the nodes may cost; the review of a pull request reads it, nothing of it is rendered."""

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

    llm: Llm | None = None
    """Language models behind an OpenAI-compatible API; leave it out for an environment without them."""

    jupyterhub: JupyterHub | None = None
    """Notebooks; leave it out for an environment without them."""

    ray_cluster: RayCluster | None = None
    """The Ray cluster that notebooks share; leave it out for an environment without it."""

    ray_train: RayTrain | None = None
    """A distributed training job with Ray; leave it out for an environment without one."""

    argo_workflows: ArgoWorkflows | None = None
    """The controller and the server of workflows; leave it out for an environment without them."""

    llama2: Llama2 | None = None
    """Pretraining of Llama-2; leave it out for an environment without it."""

    stable_diffusion_finetune: StableDiffusionFinetune | None = None
    """Fine-tuning of Stable Diffusion; leave it out for an environment without it."""

    tensorboard: TensorBoard | None = None
    """Curves of training runs; leave it out for an environment without them."""

    def problems(self) -> Iterable[Problem]:
        """Find contradictions between sections."""
        if IPv4Network(self.cluster.vpc_cidr).overlaps(IPv4Network(self.cluster.service_cidr)):
            yield Problem(
                ("cluster", "service_cidr"),
                f"overlaps vpc_cidr {self.cluster.vpc_cidr}; choose another range",
            )
        for check in _CHECKS:
            yield from check(self)


_CHECKS: tuple[Callable[[Environment], Iterable[Problem]], ...] = (
    lambda env: check_system_nodes(env.cluster.system_nodes, env.aws),
    lambda env: check_karpenter(env.karpenter, env.aws),
    lambda env: check_kuberay(env.karpenter),
    lambda env: check_logging(env.logging, env.storage),
    lambda env: check_hosts(_hosts(env)),
    lambda env: check_kueue(env.kueue, env.karpenter, [*_images_needs(env), *_llm_needs(env)]),
    lambda env: check_spark(env.spark, env.karpenter, env.storage) if env.spark else (),
    lambda env: check_stable_diffusion(env.stable_diffusion, env.karpenter) if env.stable_diffusion else (),
    lambda env: check_llm(env.llm, env.karpenter, env.ingress, _images_needs(env)) if env.llm else (),
    lambda env: check_jupyterhub(env.jupyterhub, env.karpenter) if env.jupyterhub else (),
    lambda env: check_ray_cluster(env.ray_cluster, env.karpenter) if env.ray_cluster else (),
    lambda env: check_ray_train(env.ray_train, env.karpenter, env.storage) if env.ray_train else (),
    lambda env: check_argo_workflows(env.storage) if env.argo_workflows else (),
    lambda env: (
        check_llama2(env.llama2, env.karpenter, env.storage, env.argo_workflows) if env.llama2 else ()
    ),
    lambda env: (
        check_finetune(env.stable_diffusion_finetune, env.karpenter, env.storage, env.argo_workflows)
        if env.stable_diffusion_finetune
        else ()
    ),
    lambda env: check_tensorboard(env.storage) if env.tensorboard else (),
)
"""What finds contradictions between sections; each is in the module of the section that it is about."""


def _images_needs(env: Environment) -> list[Need]:
    return [*stable_diffusion_needs(env.stable_diffusion)] if env.stable_diffusion else []


def _llm_needs(env: Environment) -> list[Need]:
    return [*llm_needs(env.llm)] if env.llm else []


def _hosts(env: Environment) -> Iterable[tuple[tuple[str, ...], str]]:
    """Give the host name of each service, with its path."""
    yield ("monitoring", "grafana", "host"), env.monitoring.grafana.host
    if env.stable_diffusion:
        for name, variant in env.stable_diffusion.variants().items():
            yield ("stable_diffusion", name, "host"), variant.host
    if env.llm:
        yield ("llm", "host"), env.llm.host
        if env.llm.api:
            yield ("llm", "api", "host"), env.llm.api.host
    if env.jupyterhub:
        yield ("jupyterhub", "host"), env.jupyterhub.host
    if env.ray_cluster and env.ray_cluster.host:
        yield ("ray_cluster", "host"), env.ray_cluster.host
    if env.spark:
        yield ("spark", "history_host"), env.spark.history_host
    if env.argo_workflows:
        yield ("argo_workflows", "host"), env.argo_workflows.host
    if env.tensorboard:
        yield ("tensorboard", "host"), env.tensorboard.host
