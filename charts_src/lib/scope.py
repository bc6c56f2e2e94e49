"""Which kinds live in a namespace.

Source: the `namespaced` column of `kubectl api-resources` for the core groups (Kubernetes 1.36, scope in
api/openapi-spec), `spec.scope` of each CRD in schemas/upstream/crds.
"""

CLUSTER_SCOPED = frozenset(
    {
        "AdmissionCheck",
        "APIService",
        "ClusterIssuer",
        "ClusterQueue",
        "ClusterRole",
        "ClusterRoleBinding",
        "ClusterSecretStore",
        "ClusterWorkflowTemplate",
        "Cohort",
        "CSIDriver",
        "CustomResourceDefinition",
        "EC2NodeClass",
        "FlowSchema",
        "IngressClass",
        "IngressClassParams",
        "MountpointS3PodAttachment",
        "MultiKueueCluster",
        "MultiKueueConfig",
        "MutatingWebhookConfiguration",
        "Namespace",
        "NodeClaim",
        "NodeDiagnostic",
        "NodeFeatureRule",
        "NodeOverlay",
        "NodePool",
        "PersistentVolume",
        "PriorityClass",
        "ProvisioningRequestConfig",
        "ResourceFlavor",
        "RuntimeClass",
        "StorageClass",
        "Topology",
        "ValidatingAdmissionPolicy",
        "ValidatingAdmissionPolicyBinding",
        "ValidatingWebhookConfiguration",
        "WorkloadPriorityClass",
    }
)


def is_namespaced(kind: str) -> bool:
    """Say whether objects of this kind belong to a namespace."""
    return kind not in CLUSTER_SCOPED
