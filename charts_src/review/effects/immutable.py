"""Fields of Kubernetes' own kinds that can't be changed.

Source: Kubernetes 1.35.4, pkg/apis/*/validation/validation.go; the functions named below are the same in
1.34.4 and 1.36.3.
"""

from collections.abc import Iterator
from typing import Final

from charts_src.diff.fields import FieldChange
from charts_src.review.effects.edit import Edit, value_at
from charts_src.review.effects.rule import Rule, set_on_both_sides, shrinks, was_set

_HEADLESS = "None"


def _has_an_address(edit: Edit, field: str, change: FieldChange) -> bool:  # noqa: ARG001
    """Hold unless a side is an alias of DNS, which has no address."""
    return "ExternalName" not in (value_at(edit.old, "spec.type"), value_at(edit.new, "spec.type"))


def _keeps_its_family(edit: Edit, field: str, change: FieldChange) -> bool:
    headless = [value_at(side, "spec.clusterIP") == _HEADLESS for side in (edit.old, edit.new)]
    return not any(headless) and _has_an_address(edit, field, change)


def _keeps_its_load_balancer(edit: Edit, field: str, change: FieldChange) -> bool:  # noqa: ARG001
    return all(value_at(side, "spec.type") == "LoadBalancer" for side in (edit.old, edit.new))


def _immutable(edit: Edit, field: str, change: FieldChange) -> bool:  # noqa: ARG001
    return edit.old.get("immutable") is True


def _not_indexed(edit: Edit, field: str, change: FieldChange) -> bool:  # noqa: ARG001
    return value_at(edit.new, "spec.completionMode") != "Indexed"


def _not_a_first_secret(edit: Edit, field: str, change: FieldChange) -> bool:  # noqa: ARG001
    first = value_at(edit.old, "spec.csi.controllerExpandSecretRef") is None
    return not (first and change.path.startswith("spec.csi.controllerExpandSecretRef"))


def _workloads() -> Iterator[Rule]:
    yield Rule(
        "apps",
        ("DaemonSet", "Deployment", "ReplicaSet"),
        ("spec.selector",),
        "{sync}; all its pods end at once. To serve on, make one of another name, and remove this a merge later",
        "ValidateDeploymentUpdate, ValidateDaemonSetUpdate, ValidateReplicaSetUpdate",
    )
    yield Rule(
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
    )
    job = "{sync}; it runs once more. Or give it another name, such as one with a hash of what it does"
    yield Rule(
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
        job,
        "ValidateJobSpecUpdate; a suspended Job lets more change",
    )
    yield Rule("batch", ("Job",), ("spec.completions",), job, "validateCompletions", when=_not_indexed)


def _storage() -> Iterator[Rule]:
    yield Rule(
        "",
        ("PersistentVolumeClaim",),
        ("spec",),
        "make a claim of another name, copy the data, turn the pods to it, and remove {name} last",
        "ValidatePersistentVolumeClaimUpdate",
        but=("spec.resources.requests", "spec.volumeAttributesClassName"),
    )
    yield Rule(
        "",
        ("PersistentVolumeClaim",),
        ("spec.resources.requests.storage",),
        "a volume can't shrink: keep its size, or make a smaller claim of another name and copy the data",
        "ValidatePersistentVolumeClaimUpdate",
        when=shrinks,
    )
    volume = (
        "see that persistentVolumeReclaimPolicy is Retain, end the pods, delete the claim, then {delete}; "
        "Argo CD makes both anew, and what is stored stays"
    )
    yield Rule(
        "",
        ("PersistentVolume",),
        ("spec",),
        volume,
        "ValidatePersistentVolumeUpdate",
        but=(
            "spec.accessModes",
            "spec.capacity",
            "spec.claimRef",
            "spec.mountOptions",
            "spec.nodeAffinity",
            "spec.persistentVolumeReclaimPolicy",
            "spec.storageClassName",
            "spec.volumeAttributesClassName",
        ),
        when=_not_a_first_secret,
    )
    yield Rule(
        "",
        ("PersistentVolume",),
        ("spec.nodeAffinity",),
        volume,
        "ValidatePersistentVolumeUpdate; MutablePVNodeAffinity is alpha, hence off",
        when=was_set,
    )
    yield Rule(
        "storage.k8s.io",
        ("StorageClass",),
        ("parameters", "provisioner", "reclaimPolicy", "volumeBindingMode"),
        "make a StorageClass of another name, or {sync}; volumes keep what they were made with",
        "ValidateStorageClassUpdate",
    )
    yield Rule(
        "storage.k8s.io",
        ("VolumeAttributesClass",),
        ("driverName", "parameters"),
        "make one of another name, and name that in the claims",
        "ValidateVolumeAttributesClassUpdate",
    )
    yield Rule(
        "storage.k8s.io",
        ("CSIDriver",),
        ("spec.attachRequired", "spec.volumeLifecycleModes"),
        "end the pods with volumes of the driver, {sync}, and start them again",
        "ValidateCSIDriverUpdate",
    )


def _network() -> Iterator[Rule]:
    service = "{sync}; it gets another address, which clients learn from DNS"
    source = "ValidateServiceUpdate"
    # Removing a clusterIP is not refused but without effect: patchAllocatedValues keeps the old one.
    yield Rule("", ("Service",), ("spec.clusterIP", "spec.clusterIPs"), service, source, when=_has_an_address)
    yield Rule("", ("Service",), ("spec.ipFamilies",), service, source, when=_keeps_its_family)
    yield Rule("", ("Service",), ("spec.loadBalancerClass",), service, source, when=_keeps_its_load_balancer)
    yield Rule("", ("Service",), ("spec.healthCheckNodePort",), service, source, when=set_on_both_sides)
    yield Rule(
        "networking.k8s.io",
        ("IngressClass",),
        ("spec.controller",),
        "{sync}; the load balancers of its Ingresses are the old controller's: remove those first",
        "validateIngressClassSpecUpdate",
    )


def _settings() -> Iterator[Rule]:
    yield Rule(
        "rbac.authorization.k8s.io",
        ("ClusterRoleBinding", "RoleBinding"),
        ("roleRef",),
        "{sync}; for a moment its subjects have no rights. Or make one of another name, and remove this later",
        "ValidateRoleBindingUpdate, ValidateClusterRoleBindingUpdate",
    )
    yield Rule(
        "",
        ("ConfigMap", "Secret"),
        ("binaryData", "data", "immutable", "stringData"),
        "give it another name, and name that in the pods",
        "ValidateConfigMapUpdate, ValidateSecretUpdate",
        when=_immutable,
    )
    yield Rule("", ("Secret",), ("type",), "{sync}", "ValidateSecretUpdate")
    yield Rule(
        "",
        ("Secret",),
        ('metadata.annotations["kubernetes.io/service-account.name"]',),
        "nothing: the controller deletes the token, which is the old account's, and Argo CD makes it anew; "
        "give the new token to whoever uses it",
        "syncSecret of pkg/controller/serviceaccount/tokens_controller.go",
    )
    yield Rule(
        "scheduling.k8s.io",
        ("PriorityClass",),
        ("preemptionPolicy", "value"),
        "{sync}; running pods keep the priority that they began with",
        "ValidatePriorityClassUpdate",
    )
    yield Rule("node.k8s.io", ("RuntimeClass",), ("handler",), "{sync}", "ValidateRuntimeClassUpdate")
    yield Rule(
        "resource.k8s.io",
        ("ResourceClaimTemplate",),
        ("spec",),
        "{sync}; running pods keep their claims",
        "ValidateResourceClaimTemplateUpdate",
    )
    yield Rule(
        "apiextensions.k8s.io",
        ("CustomResourceDefinition",),
        ("spec.group", "spec.names.kind", "spec.names.plural", "spec.scope"),
        "never delete it as long as there are objects: they go with it. Make a definition of another name, "
        "move the objects, and remove this last; Replace=true doesn't replace definitions",
        "validateCustomResourceDefinitionSpecUpdate of apiextensions-apiserver 0.36.3; applyObject of "
        "Argo CD 3.6.1",
    )


KUBERNETES: Final = (*_workloads(), *_storage(), *_network(), *_settings())
