"""Which kinds live in a namespace.

Source: the `namespaced` column of `kubectl api-resources` for the core groups (Kubernetes 1.36, scope in
api/openapi-spec), `spec.scope` of each CRD in schemas/upstream/crds.
"""

CLUSTER_SCOPED = frozenset(
    {
        "ClusterRole",
        "ClusterRoleBinding",
        "CSIDriver",
        "CustomResourceDefinition",
        "EC2NodeClass",
        "IngressClass",
        "MutatingWebhookConfiguration",
        "Namespace",
        "NodeClaim",
        "NodeOverlay",
        "NodePool",
        "PersistentVolume",
        "PriorityClass",
        "RuntimeClass",
        "StorageClass",
        "ValidatingAdmissionPolicy",
        "ValidatingAdmissionPolicyBinding",
        "ValidatingWebhookConfiguration",
    }
)


def is_namespaced(kind: str) -> bool:
    """Say whether objects of this kind belong to a namespace."""
    return kind not in CLUSTER_SCOPED
