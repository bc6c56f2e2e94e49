"""Protection: what keeps objects and data from deletion is not to be lost."""

import pytest

from charts_src.review.gates.protection import gate
from tests.review.gates.pairs import edited, found, pair
from tests.review.gates.test_deletion import (
    APPLICATION,
    CLAIM,
    DEFINITION,
    DEPLOYMENT,
    KEPT,
    STORAGE_CLASS,
    VOLUME,
)


def test_a_version_of_a_definition_is_missed_by_its_objects() -> None:
    versions = "spec: {versions: [{name: v1, served: true}, {name: v1beta1, served: true}], group: ray.io"
    old = edited(DEFINITION, "spec: {group: ray.io", versions)
    path = "deletion: CustomResourceDefinition rayjobs.ray.io: spec.versions[name=v1beta1]"
    message = "no longer has v1beta1: objects of that version can't be read or written; convert them first"
    assert found(gate, pair(old, edited(old, ", {name: v1beta1, served: true}", ""))) == [
        f"{path}: {message}"
    ]
    assert found(gate, pair(old, edited(old, "v1beta1, served: true", "v1beta1, served: false"))) == [
        f"{path}.served: {message}"
    ]
    assert found(gate, pair(edited(old, ", {name: v1beta1, served: true}", ""), old)) == []


def test_protection_from_deletion_is_not_to_be_lost() -> None:
    kept = edited(CLAIM, "  name: data\n", f"{KEPT}  name: data\n")
    assert found(gate, pair(kept, edited(kept, "Prune=false,", ""))) == [
        "deletion: PersistentVolumeClaim a/data: "
        'metadata.annotations["argocd.argoproj.io/sync-options"]: loses '
        "Prune=false: with the next removal its volume goes with it, and the data, but for the reclaim "
        "policy "
        "Retain; keep the option"
    ]
    assert found(gate, pair(CLAIM, kept)) == []


@pytest.mark.parametrize(
    ("body", "subject"),
    [
        (VOLUME, "PersistentVolume fsx: spec.persistentVolumeReclaimPolicy"),
        (STORAGE_CLASS, "StorageClass fast: reclaimPolicy"),
    ],
)
def test_data_that_was_retained_is_to_be_retained(body: str, subject: str) -> None:
    message = "goes from Retain to Delete: data goes with its claim; keep Retain"
    assert found(gate, pair(body, edited(body, "Retain", "Delete"))) == [f"deletion: {subject}: {message}"]
    assert found(gate, pair(edited(body, "Retain", "Delete"), body)) == []


def test_an_application_may_not_be_emptied_by_mistake() -> None:
    old = {"app/a.yaml": DEPLOYMENT, "argocd/app.yaml": APPLICATION}
    new = old | {"argocd/app.yaml": edited(APPLICATION, "false", "true")}
    assert found(gate, pair(old, new)) == [
        "deletion: Application argocd/app: spec.syncPolicy.automated.allowEmpty: lets Argo CD delete every "
        "object when its folder is empty by mistake; leave it false"
    ]
