"""Fields of volumes, Services and load balancers that can't be changed.

Source: Kubernetes 1.35.4, pkg/apis/*/validation/validation.go; the functions named below say the same in
1.34.4 and 1.36.3.
"""

from typing import Final

from charts_src.diff.fields import FieldChange
from charts_src.review.effects.edit import Edit, value_at
from charts_src.review.effects.rule import Rule, set_on_both_sides, shrinks, was_set


def _has_an_address(edit: Edit, field: str, change: FieldChange) -> bool:  # noqa: ARG001
    """Hold unless a side is an alias of DNS, which has no address."""
    return "ExternalName" not in (value_at(edit.old, "spec.type"), value_at(edit.new, "spec.type"))


def _keeps_its_family(edit: Edit, field: str, change: FieldChange) -> bool:
    headless = [value_at(side, "spec.clusterIP") == "None" for side in (edit.old, edit.new)]
    return not any(headless) and _has_an_address(edit, field, change)


def _keeps_its_load_balancer(edit: Edit, field: str, change: FieldChange) -> bool:  # noqa: ARG001
    return all(value_at(side, "spec.type") == "LoadBalancer" for side in (edit.old, edit.new))


def _not_a_first_secret(edit: Edit, field: str, change: FieldChange) -> bool:  # noqa: ARG001
    first = value_at(edit.old, "spec.csi.controllerExpandSecretRef") is None
    return not (first and change.path.startswith("spec.csi.controllerExpandSecretRef"))


_VOLUME: Final = (
    "see that persistentVolumeReclaimPolicy is Retain, end the pods, delete the claim, then {delete}; "
    "Argo CD makes both anew, and what is stored stays"
)

_SERVICE: Final = "{sync}; it gets another address, which clients learn from DNS"
_SOURCE: Final = "ValidateServiceUpdate"

STORAGE: Final = (
    Rule(
        "",
        ("PersistentVolumeClaim",),
        ("spec",),
        "make a claim of another name, copy the data, turn the pods to it, and remove {name} last",
        "ValidatePersistentVolumeClaimUpdate",
        but=("spec.resources.requests", "spec.volumeAttributesClassName"),
    ),
    Rule(
        "",
        ("PersistentVolumeClaim",),
        ("spec.resources.requests.storage",),
        "a volume can't shrink: keep its size, or make a smaller claim of another name and copy the data",
        "ValidatePersistentVolumeClaimUpdate",
        when=shrinks,
    ),
    Rule(
        "",
        ("PersistentVolume",),
        ("spec",),
        _VOLUME,
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
    ),
    Rule(
        "",
        ("PersistentVolume",),
        ("spec.nodeAffinity",),
        _VOLUME,
        "ValidatePersistentVolumeUpdate; MutablePVNodeAffinity is alpha, hence off",
        when=was_set,
    ),
    Rule(
        "storage.k8s.io",
        ("StorageClass",),
        ("parameters", "provisioner", "reclaimPolicy", "volumeBindingMode"),
        "make a StorageClass of another name, or {sync}; volumes keep what they were made with",
        "ValidateStorageClassUpdate",
    ),
    Rule(
        "storage.k8s.io",
        ("VolumeAttributesClass",),
        ("driverName", "parameters"),
        "make one of another name, and name that in the claims",
        "ValidateVolumeAttributesClassUpdate",
    ),
    Rule(
        "storage.k8s.io",
        ("CSIDriver",),
        ("spec.attachRequired", "spec.volumeLifecycleModes"),
        "end the pods with volumes of the driver, {sync}, and start them again",
        "ValidateCSIDriverUpdate",
    ),
    # Removing a clusterIP is not refused but without effect: patchAllocatedValues keeps the old one.
    Rule("", ("Service",), ("spec.clusterIP", "spec.clusterIPs"), _SERVICE, _SOURCE, when=_has_an_address),
    Rule("", ("Service",), ("spec.ipFamilies",), _SERVICE, _SOURCE, when=_keeps_its_family),
    Rule("", ("Service",), ("spec.loadBalancerClass",), _SERVICE, _SOURCE, when=_keeps_its_load_balancer),
    Rule("", ("Service",), ("spec.healthCheckNodePort",), _SERVICE, _SOURCE, when=set_on_both_sides),
    Rule(
        "networking.k8s.io",
        ("IngressClass",),
        ("spec.controller",),
        "{sync}; the load balancers of its Ingresses are the old controller's: remove those first",
        "validateIngressClassSpecUpdate",
    ),
)
