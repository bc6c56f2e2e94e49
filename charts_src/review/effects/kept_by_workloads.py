"""Fields of workloads and settings of Kubernetes that can't be changed.

Source: Kubernetes 1.35.4, pkg/apis/*/validation/validation.go; the functions named below say the same in
1.34.4 and 1.36.3.
"""

from typing import Final

from charts_src.diff.fields import FieldChange
from charts_src.review.effects.edit import Edit, value_at
from charts_src.review.effects.rule import Rule


def _not_indexed(edit: Edit, field: str, change: FieldChange) -> bool:  # noqa: ARG001
    return bool(value_at(edit.new, "spec.completionMode") != "Indexed")


def _immutable(edit: Edit, field: str, change: FieldChange) -> bool:  # noqa: ARG001
    return edit.old.get("immutable") is True


_JOB: Final = "{sync}; it runs once more. Or give it another name, such as one with a hash of what it does"

WORKLOADS: Final = (
    Rule(
        "apps",
        ("DaemonSet", "Deployment", "ReplicaSet"),
        ("spec.selector",),
        "{sync}; all its pods end at once. To serve on, make one of another name, and remove this later",
        "ValidateDeploymentUpdate, ValidateDaemonSetUpdate, ValidateReplicaSetUpdate",
    ),
    Rule(
        "apps",
        ("StatefulSet",),
        ("spec",),
        "{delete} --cascade=orphan; Argo CD makes it anew, and its pods run on and are taken over where the "
        "selector still matches. Claims of volumeClaimTemplates stay as they are: change each by itself",
        "ValidateStatefulSetUpdate",
        but=(
            "spec.minReadySeconds",
            "spec.ordinals",
            "spec.persistentVolumeClaimRetentionPolicy",
            "spec.replicas",
            "spec.revisionHistoryLimit",
            "spec.template",
            "spec.updateStrategy",
        ),
    ),
    Rule(
        "batch",
        ("Job",),
        (
            "spec.backoffLimitPerIndex",
            "spec.completionMode",
            "spec.managedBy",
            "spec.podFailurePolicy",
            "spec.selector",
            "spec.successPolicy",
            "spec.template",
        ),
        _JOB,
        "ValidateJobSpecUpdate; a suspended Job lets more change",
    ),
    Rule("batch", ("Job",), ("spec.completions",), _JOB, "validateCompletions", when=_not_indexed),
    Rule(
        "rbac.authorization.k8s.io",
        ("ClusterRoleBinding", "RoleBinding"),
        ("roleRef",),
        "{sync}; for a moment its subjects have no rights. Or make one of another name first",
        "ValidateRoleBindingUpdate, ValidateClusterRoleBindingUpdate",
    ),
    Rule(
        "",
        ("ConfigMap", "Secret"),
        ("binaryData", "data", "immutable", "stringData"),
        "give it another name, and name that in the pods",
        "ValidateConfigMapUpdate, ValidateSecretUpdate",
        when=_immutable,
    ),
    Rule("", ("Secret",), ("type",), "{sync}", "ValidateSecretUpdate"),
    Rule(
        "",
        ("Secret",),
        ('metadata.annotations["kubernetes.io/service-account.name"]',),
        "nothing: the controller deletes the token, which is the old account's, and Argo CD makes it anew; "
        "give the new token to whoever uses it",
        "syncSecret of pkg/controller/serviceaccount/tokens_controller.go",
    ),
    Rule(
        "scheduling.k8s.io",
        ("PriorityClass",),
        ("preemptionPolicy", "value"),
        "{sync}; running pods keep the priority that they began with",
        "ValidatePriorityClassUpdate",
    ),
    Rule("node.k8s.io", ("RuntimeClass",), ("handler",), "{sync}", "ValidateRuntimeClassUpdate"),
    Rule(
        "resource.k8s.io",
        ("ResourceClaimTemplate",),
        ("spec",),
        "{sync}; running pods keep their claims",
        "ValidateResourceClaimTemplateUpdate",
    ),
    Rule(
        "apiextensions.k8s.io",
        ("CustomResourceDefinition",),
        ("spec.group", "spec.names.kind", "spec.names.plural", "spec.scope"),
        "never delete it as long as there are objects: they go with it. Make a definition of another name, "
        "move the objects, and remove this last; Replace=true doesn't replace definitions",
        "validateCustomResourceDefinitionSpecUpdate of apiextensions-apiserver 0.36.3; applyObject of "
        "Argo CD 3.6.1",
    ),
)
