"""The pinned Go modules that schemas/upstream/ is derived from, and what is taken from each.

Those without a CrdFile are only compared with, by tools/upstream.

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
    """A file with CustomResourceDefinitions."""

    module: Module
    path: str
    install: bool = True
    """Whether a component renders them; otherwise they only check what we write."""
    check: bool = True
    """Whether they check what we write; otherwise another file has a stricter form of the same ones."""


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
EXTERNAL_SECRETS = Module(
    "github.com/external-secrets/external-secrets",
    "v1.3.2",
    "h1:u2J8RjlHIeF0oZCqtl92adI/uZWUwOesJIDkfql6LqQ=",
)
PROMETHEUS_OPERATOR = Module(
    "github.com/prometheus-operator/prometheus-operator",
    "v0.94.1",
    "h1:QEIb2wenPH+SdMN1xMf8l4Pmj00YYXXI6HlbLlQWkww=",
)
KUEUE = Module("sigs.k8s.io/kueue", "v0.19.2", "h1:mPNzr37u0nwI7ikST5QQl5gg6EgtYOAvC9ZbTgywdN8=")
MPI_OPERATOR = Module(
    "github.com/kubeflow/mpi-operator", "v0.8.2", "h1:7PVtV31iX3LSVW0BqRQ64w/NYNfAgP86Bmua2OEi5lg="
)
SPARK_OPERATOR = Module(
    "github.com/kubeflow/spark-operator/v2", "v2.5.2", "h1:6nX2UhwSfnYi1mtwczgFfJTMeLSL/1ajTvkFe8R7Vdc="
)
ARGO_WORKFLOWS = Module(
    "github.com/argoproj/argo-workflows/v4", "v4.1.4", "h1:/+7ZnKumIwBmS6z+3zeWvTnhW8c6nun0dLrtcBBRz0A="
)
EKS_CHARTS = Module(
    "github.com/aws/eks-charts",
    "v0.0.243-0.20260821194545-743f98a89b5b",
    "h1:ZgB85AeVHImIIK40RM7Hf2CGQzNeDkfAWAdpB61wL98=",
)
NODE_FEATURE_DISCOVERY = Module(
    "sigs.k8s.io/node-feature-discovery", "v0.19.0", "h1:9CYm16vjSIbNO5Z1Y67rcrfy51YWmy3+6wjiWzJbrC4="
)
DEVICE_PLUGIN = Module(
    "github.com/NVIDIA/k8s-device-plugin", "v0.19.3", "h1:NE1ecj9oG/4MQfySHlPVW9EHtq7FqtL06vtydkdnX8E="
)
KUBE_STATE_METRICS = Module(
    "k8s.io/kube-state-metrics/v2", "v2.20.0", "h1:edO7hyGs1MqZhbUbzWW1YRTV3afZOIbvHNvOCaJjuU4="
)
NODE_PROBLEM_DETECTOR = Module(
    "k8s.io/node-problem-detector", "v1.36.0", "h1:2Dxx80GmUiEplFZbdIPKp3VIeuP7RY1hvtEzbRZVkiY="
)
EBS_CSI_DRIVER = Module(
    "github.com/kubernetes-sigs/aws-ebs-csi-driver",
    "v1.63.1",
    "h1:fWvOYJ9DgkSS8G49r2ShJl2F/6Ukkaj16qZUtFlXfvs=",
)

EKSCTL = Module("github.com/weaveworks/eksctl", "v0.215.0", "h1:oCPoubT3UsW4Y2J43Y4dNRvXHEIsgg03Y3e6wv6bKG4=")

CLUSTER_CONFIG = "pkg/apis/eksctl.io/v1alpha5/assets/schema.json"
"""JSON Schema of eksctl's ClusterConfig."""

CLUSTER_CONFIG_KIND = ("eksctl.io/v1alpha5", "ClusterConfig")
"""Its apiVersion and kind."""

_WORKFLOW_KINDS = ("clusterworkflowtemplates", "cronworkflows", "workflows", "workflowtemplates")
"""Kinds whose full definitions have 2.7 MB each: the minimal ones are installed, the full ones check."""

CRD_FILES = (
    CrdFile(KARPENTER, "pkg/apis/crds/autoscaling.x-k8s.io_capacitybuffers.yaml"),
    CrdFile(KARPENTER, "pkg/apis/crds/karpenter.k8s.aws_ec2nodeclasses.yaml"),
    CrdFile(KARPENTER, "pkg/apis/crds/karpenter.sh_nodeclaims.yaml"),
    CrdFile(KARPENTER, "pkg/apis/crds/karpenter.sh_nodeoverlays.yaml"),
    CrdFile(KARPENTER, "pkg/apis/crds/karpenter.sh_nodepools.yaml"),
    *(
        CrdFile(KUBERAY, f"config/crd/bases/ray.io_{kind}.yaml")
        for kind in ("rayclusters", "rayjobs", "rayservices")
    ),
    CrdFile(ARGO_CD, "manifests/crds/application-crd.yaml", install=False),
    CrdFile(ARGO_CD, "manifests/crds/appproject-crd.yaml", install=False),
    *(
        CrdFile(CERT_MANAGER, f"deploy/crds/{kind}.yaml")
        for kind in (
            "acme.cert-manager.io_challenges",
            "acme.cert-manager.io_orders",
            "cert-manager.io_certificaterequests",
            "cert-manager.io_certificates",
            "cert-manager.io_clusterissuers",
            "cert-manager.io_issuers",
        )
    ),
    *(
        CrdFile(EXTERNAL_SECRETS, f"config/crds/bases/external-secrets.io_{kind}.yaml")
        for kind in ("clustersecretstores", "externalsecrets", "secretstores")
    ),
    CrdFile(EXTERNAL_SECRETS, "config/crds/bases/generators.external-secrets.io_generatorstates.yaml"),
    *(
        CrdFile(PROMETHEUS_OPERATOR, f"example/prometheus-operator-crd/monitoring.coreos.com_{kind}.yaml")
        for kind in (
            "alertmanagerconfigs",
            "alertmanagers",
            "podmonitors",
            "probes",
            "prometheuses",
            "prometheusrules",
            "scrapeconfigs",
            "servicemonitors",
        )
    ),
    *(
        CrdFile(KUEUE, f"config/components/crd/bases/kueue.x-k8s.io_{kind}.yaml")
        for kind in (
            "admissionchecks",
            "clusterqueues",
            "cohorts",
            "localqueues",
            "multikueueclusters",
            "multikueueconfigs",
            "provisioningrequestconfigs",
            "resourceflavors",
            "topologies",
            "workloadpriorityclasses",
            "workloads",
        )
    ),
    CrdFile(MPI_OPERATOR, "manifests/base/kubeflow.org_mpijobs.yaml"),
    *(
        CrdFile(SPARK_OPERATOR, f"config/crd/bases/sparkoperator.k8s.io_{kind}.yaml")
        for kind in ("scheduledsparkapplications", "sparkapplications", "sparkconnects")
    ),
    *(
        CrdFile(ARGO_WORKFLOWS, f"manifests/base/crds/minimal/argoproj.io_{kind}.yaml", check=False)
        for kind in _WORKFLOW_KINDS
    ),
    *(
        CrdFile(ARGO_WORKFLOWS, f"manifests/base/crds/full/argoproj.io_{kind}.yaml", install=False)
        for kind in _WORKFLOW_KINDS
    ),
    *(
        CrdFile(ARGO_WORKFLOWS, f"manifests/base/crds/full/argoproj.io_{kind}.yaml")
        for kind in (
            "workflowartifactgctasks",
            "workfloweventbindings",
            "workflowtaskresults",
            "workflowtasksets",
        )
    ),
    CrdFile(EKS_CHARTS, "stable/aws-load-balancer-controller/crds/crds.yaml"),
    CrdFile(NODE_FEATURE_DISCOVERY, "deployment/base/nfd-crds/nfd-api-crds.yaml"),
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
    "flowcontrol.apiserver.k8s.io/v1": "FlowSchema",
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
