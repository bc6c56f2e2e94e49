"""The pinned Go modules that schemas/upstream/ is derived from, and what is taken from each.

To upgrade one: set its version and its sum (`go mod download -json <path>@<version>` prints it), derive
again and review the difference.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Module:
    """A Go module at one version; `sum` is the h1 checksum of its source, as go.sum writes it."""

    path: str
    version: str
    sum: str
    licence: str = "Apache-2.0"

    def __str__(self) -> str:
        """Write the module as the go command takes it: path@version."""
        return f"{self.path}@{self.version}"


@dataclass(frozen=True)
class CrdFile:
    """A file with one CustomResourceDefinition.

    `install` tells the definitions that a component renders from those that only validate what we write
    (their operator brings its own).
    """

    module: Module
    path: str
    install: bool


KUBERNETES = {
    "1.34": Module("k8s.io/kubernetes", "v1.34.4", "h1:Yy6R4QB8C9kJPp25GFqEvX5XQwY5qzKeqD0Xx6oAcmk="),
    "1.35": Module("k8s.io/kubernetes", "v1.35.4", "h1:o/8dBC/pHVpYoGV4OAIytAlNPZbdYVTXJHoYvXC4qzM="),
    "1.36": Module("k8s.io/kubernetes", "v1.36.3", "h1:qDQdoMiluAE2Eab6Fa52YV+WjiGz9mZFFoagEA6cI+o="),
}
"""Kubernetes minor version -> the release whose api/openapi-spec/swagger.json describes it."""

KARPENTER = Module(
    "github.com/aws/karpenter-provider-aws", "v1.15.1", "h1:6eH///KgWKDwD2R6wHRnKGN8Vu8OHueaXjNdx64TnuY="
)
KUBERAY = Module(
    "github.com/ray-project/kuberay/ray-operator", "v1.6.2", "h1:XUckRswLMyk71D00L62d2Vanh0fVkNqu56+IF/rr+O0="
)
ARGO_CD = Module(
    "github.com/argoproj/argo-cd/v3", "v3.6.1", "h1:OmhqeKiR3C//awbFrhQqFdtRI+Qiv17j8vqm3UkMj/g="
)
CERT_MANAGER = Module(
    "github.com/cert-manager/cert-manager", "v1.21.2", "h1:UWgoYM+KLNtRlqmoWOKjKBOBUPVHeepQ6/ac3ERJW68="
)

CRD_FILES = (
    CrdFile(KARPENTER, "pkg/apis/crds/autoscaling.x-k8s.io_capacitybuffers.yaml", install=True),
    CrdFile(KARPENTER, "pkg/apis/crds/karpenter.k8s.aws_ec2nodeclasses.yaml", install=True),
    CrdFile(KARPENTER, "pkg/apis/crds/karpenter.sh_nodeclaims.yaml", install=True),
    CrdFile(KARPENTER, "pkg/apis/crds/karpenter.sh_nodeoverlays.yaml", install=True),
    CrdFile(KARPENTER, "pkg/apis/crds/karpenter.sh_nodepools.yaml", install=True),
    CrdFile(KUBERAY, "config/crd/bases/ray.io_rayclusters.yaml", install=True),
    CrdFile(KUBERAY, "config/crd/bases/ray.io_rayjobs.yaml", install=True),
    CrdFile(KUBERAY, "config/crd/bases/ray.io_rayservices.yaml", install=True),
    CrdFile(ARGO_CD, "manifests/crds/application-crd.yaml", install=False),
    CrdFile(ARGO_CD, "manifests/crds/appproject-crd.yaml", install=False),
    CrdFile(CERT_MANAGER, "deploy/crds/cert-manager.io_certificates.yaml", install=False),
    CrdFile(CERT_MANAGER, "deploy/crds/cert-manager.io_issuers.yaml", install=False),
)

_BUILT_IN = {
    "v1": "ConfigMap Endpoints LimitRange Namespace PersistentVolume PersistentVolumeClaim Pod PodTemplate"
    " ReplicationController ResourceQuota Secret Service ServiceAccount",
    "admissionregistration.k8s.io/v1": "MutatingWebhookConfiguration ValidatingAdmissionPolicy"
    " ValidatingAdmissionPolicyBinding ValidatingWebhookConfiguration",
    "apiextensions.k8s.io/v1": "CustomResourceDefinition",
    "apiregistration.k8s.io/v1": "APIService",
    "apps/v1": "ControllerRevision DaemonSet Deployment ReplicaSet StatefulSet",
    "autoscaling/v1": "HorizontalPodAutoscaler",
    "autoscaling/v2": "HorizontalPodAutoscaler",
    "batch/v1": "CronJob Job",
    "coordination.k8s.io/v1": "Lease",
    "discovery.k8s.io/v1": "EndpointSlice",
    "networking.k8s.io/v1": "Ingress IngressClass NetworkPolicy",
    "node.k8s.io/v1": "RuntimeClass",
    "policy/v1": "PodDisruptionBudget",
    "rbac.authorization.k8s.io/v1": "ClusterRole ClusterRoleBinding Role RoleBinding",
    "scheduling.k8s.io/v1": "PriorityClass",
    "storage.k8s.io/v1": "CSIDriver CSINode CSIStorageCapacity StorageClass VolumeAttachment"
    " VolumeAttributesClass",
}

BUILT_IN_KINDS = tuple((version, kind) for version, kinds in _BUILT_IN.items() for kind in kinds.split())
"""(apiVersion, kind) of the built-in objects that a manifest may contain."""
