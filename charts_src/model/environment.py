"""The whole environment file."""

from collections.abc import Iterable
from ipaddress import IPv4Network
from typing import Annotated

from charts_src.model.accelerators import Accelerators
from charts_src.model.base import Form, KubernetesMinor, Model, Name, Problem
from charts_src.model.csi_drivers import CsiDrivers
from charts_src.model.images import Images
from charts_src.model.karpenter import Karpenter
from charts_src.model.karpenter import check as check_karpenter
from charts_src.model.kuberay import KubeRay
from charts_src.model.kuberay import check as check_kuberay
from charts_src.model.platform import ArgoCd, Aws, Cluster, Ingress, check_system_nodes
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

    karpenter: Karpenter
    """Node pools: which instances may exist, how they are bought, and when they may be disrupted."""

    accelerators: Accelerators = Accelerators()
    """Agents that make GPUs, Neuron devices and EFA usable and visible."""

    kuberay: KubeRay = KubeRay()
    """The operator that runs Ray clusters."""

    stable_diffusion: StableDiffusion | None = None
    """Stable Diffusion XL behind an ingress; leave it out for an environment without it."""

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
        if self.stable_diffusion:
            yield from check_stable_diffusion(self.stable_diffusion, self.karpenter)
