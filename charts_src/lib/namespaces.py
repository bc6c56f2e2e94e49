"""The namespaces that the environments have, and how strict Kubernetes is with the pods in each."""

from typing import Literal, NamedTuple

ACCELERATORS = "accelerators"
ARGO_WORKFLOWS = "argo-workflows"
CERT_MANAGER = "cert-manager"
EXTERNAL_SECRETS = "external-secrets"
JUPYTERHUB = "jupyterhub"
KARPENTER = "karpenter"
KUBERAY_SYSTEM = "kuberay-system"
KUEUE_SYSTEM = "kueue-system"
LLM = "llm"
LOAD_BALANCER_CONTROLLER = "aws-load-balancer-controller"
MONITORING = "monitoring"
MOUNT_S3 = "mount-s3"
MPI_OPERATOR = "mpi-operator"
NODE_AGENTS = "node-agents"
NOTEBOOKS = "notebooks"
RAY = "ray"
SPARK_JOBS = "spark-jobs"
SPARK_OPERATOR = "spark-operator"
STABLE_DIFFUSION = "stable-diffusion"
STORAGE = "csi-drivers"
TRAINING = "training"


class PodSecurity(NamedTuple):
    """The Pod Security Standard that a namespace enforces."""

    level: Literal["restricted", "baseline", "privileged"] = "restricted"
    reason: str = ""
    """Why it is not restricted."""


NAMESPACES: dict[str, PodSecurity] = {
    ACCELERATORS: PodSecurity("privileged", "device plugins and exporters open devices and kubelet sockets"),
    ARGO_WORKFLOWS: PodSecurity(),
    CERT_MANAGER: PodSecurity(),
    EXTERNAL_SECRETS: PodSecurity(),
    JUPYTERHUB: PodSecurity(),
    KARPENTER: PodSecurity(),
    KUBERAY_SYSTEM: PodSecurity(),
    KUEUE_SYSTEM: PodSecurity(),
    LLM: PodSecurity(),
    LOAD_BALANCER_CONTROLLER: PodSecurity(),
    MONITORING: PodSecurity(),
    MOUNT_S3: PodSecurity(),
    MPI_OPERATOR: PodSecurity(),
    NODE_AGENTS: PodSecurity("privileged", "agents read the logs, kernel messages and devices of their node"),
    NOTEBOOKS: PodSecurity(),
    RAY: PodSecurity(),
    SPARK_JOBS: PodSecurity(),
    SPARK_OPERATOR: PodSecurity(),
    STABLE_DIFFUSION: PodSecurity(),
    STORAGE: PodSecurity("privileged", "CSI node drivers mount file systems for the pods of their node"),
    TRAINING: PodSecurity(),
}
"""Every namespace that the component `namespaces` creates."""

CERTIFICATE_NAMESPACES = (
    CERT_MANAGER,
    JUPYTERHUB,
    KARPENTER,
    KUBERAY_SYSTEM,
    KUEUE_SYSTEM,
    LOAD_BALANCER_CONTROLLER,
    MONITORING,
    MPI_OPERATOR,
    SPARK_OPERATOR,
)
"""Namespaces with certificates: cert-manager may write Secrets in these and in no other."""

SECRET_NAMESPACES = (
    ARGO_WORKFLOWS,
    JUPYTERHUB,
    LLM,
    MONITORING,
    NOTEBOOKS,
    RAY,
    SPARK_JOBS,
    STABLE_DIFFUSION,
    TRAINING,
)
"""Namespaces with secrets from AWS Secrets Manager: External Secrets may write Secrets in these and in no
other, and the store serves no other."""

INGRESS_NAMESPACES = (
    ARGO_WORKFLOWS,
    JUPYTERHUB,
    LLM,
    MONITORING,
    RAY,
    SPARK_JOBS,
    STABLE_DIFFUSION,
    TRAINING,
)
"""Namespaces with Ingresses: the class of the load balancer accepts those of no other."""
