"""Deletion: what holds data, or what others live by, and whole applications."""

import pytest

from charts_src.review.gates.deletion import gate
from tests.review.gates.pairs import edited, found, pair

KEPT = "  annotations: {argocd.argoproj.io/sync-options: 'Prune=false,Delete=false'}\n"
REST = "---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: rest, namespace: a}\n"

STATEFUL_SET = """apiVersion: apps/v1
kind: StatefulSet
metadata: {name: db, namespace: a}
spec: {serviceName: db, template: {spec: {containers: []}}}
"""
CLAIM = """apiVersion: v1
kind: PersistentVolumeClaim
metadata:
  name: data
  namespace: a
spec: {storageClassName: fast}
"""
NAMESPACE = """apiVersion: v1
kind: Namespace
metadata:
  name: a
"""
DEFINITION = """apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata:
  name: rayjobs.ray.io
spec: {group: ray.io, names: {kind: RayJob}}
"""
STORAGE_CLASS = """apiVersion: storage.k8s.io/v1
kind: StorageClass
metadata: {name: fast}
provisioner: ebs.csi.aws.com
reclaimPolicy: Retain
"""
POOL = """apiVersion: karpenter.sh/v1
kind: NodePool
metadata: {name: gpu}
spec: {weight: 10}
"""
VOLUME = """apiVersion: v1
kind: PersistentVolume
metadata: {name: fsx}
spec: {persistentVolumeReclaimPolicy: Retain}
"""
DEPLOYMENT = """apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: a}
spec: {template: {spec: {containers: []}}}
"""
APPLICATION = """apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: {name: app, namespace: argocd}
spec: {syncPolicy: {automated: {allowEmpty: false}}}
"""


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (
            STATEFUL_SET,
            "StatefulSet a/db: removed: its pods stop; their claims and data stay behind without an owner",
        ),
        (
            CLAIM,
            "PersistentVolumeClaim a/data: removed: its volume goes with it, and the data, but for the "
            "reclaim "
            "policy Retain",
        ),
        (
            NAMESPACE,
            "Namespace a: removed: everything in it is deleted with it, what is not in Git too",
        ),
        (
            DEFINITION,
            "CustomResourceDefinition rayjobs.ray.io: removed: all its custom resources are deleted "
            "with it, in "
            "every namespace",
        ),
        (POOL, "NodePool gpu: removed: its nodes are drained and every pod on them is evicted"),
        (VOLUME, "PersistentVolume fsx: removed: the claim that is bound to it loses its volume"),
        (DEPLOYMENT, "Deployment a/web: removed: what it runs stops"),
    ],
    ids=["stateful set", "claim", "namespace", "definition", "pool", "volume", "deployment"],
)
def test_says_what_is_lost_with_an_object(body: str, message: str) -> None:
    assert found(gate, pair(body + REST, REST)) == [f"deletion: {message}; move what is needed first"]


def test_a_removed_object_that_nobody_misses_is_none() -> None:
    assert found(gate, pair(REST + edited(REST, "rest", "other"), REST)) == []


def test_a_changed_or_added_object_is_not_deleted() -> None:
    assert found(gate, pair(CLAIM, edited(CLAIM, "fast", "slow") + "---\n" + POOL)) == []


def test_a_storage_class_is_missed_by_the_claims_that_name_it() -> None:
    assert found(gate, pair(STORAGE_CLASS + REST, REST)) == []
    assert found(gate, pair(f"{STORAGE_CLASS}---\n{CLAIM}", CLAIM)) == [
        "deletion: StorageClass fast: removed: claims that name it get no volume any more; move what is "
        "needed "
        "first"
    ]


def test_what_argo_cd_keeps_is_told_as_kept() -> None:
    old = edited(NAMESPACE, "  name: a\n", f"{KEPT}  name: a\n")
    inside = "---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: one, namespace: a}\n"
    other = edited(REST, "namespace: a", "namespace: b")
    assert found(gate, pair(old + inside + other, other)) == [
        "deletion: Namespace a: removed: Argo CD keeps it (Prune=false), what is in it goes now "
        "(objects: 1), "
        "and nothing corrects it any more; when a person deletes it, everything in it is deleted with "
        "it, what "
        "is not in Git too"
    ]


def test_a_renamed_namespace_is_a_deleted_one() -> None:
    assert found(gate, pair(NAMESPACE, edited(NAMESPACE, "name: a", "name: b"))) == [
        "deletion: Namespace a: renamed to Namespace b, which is made anew and empty: everything in it is "
        "deleted with it, what is not in Git too; move what is needed first"
    ]


def test_an_object_with_another_spec_is_no_renamed_one() -> None:
    other = edited(edited(CLAIM, "name: data", "name: new"), "fast", "slow")
    assert "renamed" not in found(gate, pair(CLAIM, other))[0]
    assert (
        "renamed to PersistentVolumeClaim a/new" in found(gate, pair(CLAIM, edited(other, "slow", "fast")))[0]
    )


def test_a_removed_application_is_one_finding_with_what_it_leaves() -> None:
    old = {"app/a.yaml": DEPLOYMENT, "app/b.yaml": edited(REST, "---\n", ""), "argocd/app.yaml": APPLICATION}
    old["app/c.yaml"] = edited(DEFINITION, "  name", f"{KEPT}  name")
    assert found(gate, pair(old | {"other/a.yaml": POOL}, {"other/a.yaml": POOL})) == [
        "deletion: Application argocd/app: is removed: Argo CD deletes 2 of its 3 objects and leaves 1 "
        "(Delete=false); bring it back, or sign it off",
        "deletion: CustomResourceDefinition rayjobs.ray.io: removed: Argo CD keeps it (Delete=false), and "
        "nothing corrects it any more; when a person deletes it, all its custom resources are deleted "
        "with it, "
        "in every namespace",
    ]


def test_an_emptied_application_stays_as_it_is() -> None:
    old = {"app/a.yaml": DEPLOYMENT, "argocd/app.yaml": APPLICATION}
    assert found(gate, pair(old, {"argocd/app.yaml": APPLICATION})) == [
        "deletion: Application argocd/app: is emptied: Argo CD refuses to sync it (allowEmpty: false), "
        "so its "
        "objects (1) stay until someone deletes them; remove the application as well"
    ]


def test_an_application_that_is_removed_alone_takes_its_objects_along() -> None:
    old = {"app/a.yaml": DEPLOYMENT, "argocd/app.yaml": APPLICATION}
    assert found(gate, pair(old, {"app/a.yaml": DEPLOYMENT})) == [
        "deletion: Application argocd/app: is removed: Argo CD deletes 1 of its 1 objects; bring it back, or "
        "sign it off"
    ]


def test_an_object_that_moves_to_another_application_is_deleted_by_the_first() -> None:
    old = {"one/a.yaml": DEPLOYMENT, "one/b.yaml": POOL, "two/c.yaml": VOLUME}
    new = {"one/b.yaml": POOL, "two/a.yaml": DEPLOYMENT, "two/c.yaml": VOLUME}
    assert found(gate, pair(old, new)) == [
        "deletion: Deployment a/web: moves from application one to two: the first deletes it, the other "
        "makes "
        "it anew; annotate it with Prune=false in a change before this one"
    ]


def test_an_object_that_is_kept_may_move() -> None:
    kept = edited(CLAIM, "  name: data\n", f"{KEPT}  name: data\n")
    old = {"one/a.yaml": kept, "one/b.yaml": POOL}
    assert found(gate, pair(old, {"two/a.yaml": kept, "one/b.yaml": POOL})) == []


def test_what_runs_in_a_namespace_that_goes_is_part_of_it() -> None:
    inside = edited(NAMESPACE, "name: a", "name: b")
    old = f"{NAMESPACE}---\n{DEPLOYMENT}---\n{inside}"
    new = f"{inside}---\n{edited(DEPLOYMENT, 'namespace: a', 'namespace: b')}"
    assert [each.partition(":")[2].partition(":")[0] for each in found(gate, pair(old, new))] == [
        " Namespace a"
    ]


def test_a_workload_under_another_name_is_started_anew() -> None:
    assert found(gate, pair(DEPLOYMENT, edited(DEPLOYMENT, "name: web", "name: site"))) == [
        "deletion: Deployment a/web: renamed to Deployment a/site, which is made anew: what it runs "
        "stops; move "
        "what is needed first"
    ]
