"""Each field that is known to keep its value, refused; and what looks like it and is not."""

import re
from copy import deepcopy

import pytest

from charts_src.objects import Body
from charts_src.review.effects.edit import within
from charts_src.review.effects.replaced import Replaced, replaced
from tests.review.effects.pairs import body, pair, workload

SYNC = "argocd app sync app --replace --force --resource {} (the sync options Replace=true and Force=true)"


def change(old: Body, path: str, value: object) -> Body:
    """Give the object with another value at a path; ~ stands for a / in a key, None takes the field away."""
    new = deepcopy(old)
    *parents, last = (each.replace("~", "/") for each in path.split("/"))
    place = new
    for each in parents:
        place = place.setdefault(each, {})
    if value is None:
        del place[last]
    else:
        place[last] = value
    return new


def refused(old: Body, path: str, value: object) -> list[Replaced]:
    return replaced(pair([old], [change(old, path, value)]))


JOB = body("batch/v1", "Job", {"completions": 1, "template": {"spec": {"containers": []}}})
CLAIM = body(
    "v1",
    "PersistentVolumeClaim",
    {
        "accessModes": ["ReadWriteOnce"],
        "resources": {"requests": {"storage": "10Gi"}},
        "storageClassName": "gp3",
    },
)
VOLUME = body(
    "v1",
    "PersistentVolume",
    {"capacity": {"storage": "1200Gi"}, "csi": {"driver": "fsx.csi.aws.com", "volumeHandle": "fs-1"}},
)
STORAGE = body(
    "storage.k8s.io/v1",
    "StorageClass",
    parameters={"type": "gp3"},
    provisioner="ebs.csi.aws.com",
    reclaimPolicy="Delete",
    volumeBindingMode="WaitForFirstConsumer",
)
SERVICE = body("v1", "Service", {"type": "LoadBalancer", "loadBalancerClass": "a", "clusterIP": "10.0.0.1"})
FAMILIES = body("v1", "Service", {"ipFamilies": ["IPv4"], "healthCheckNodePort": 30000})
ROLE = {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "a"}
BINDING = body("rbac.authorization.k8s.io/v1", "RoleBinding", roleRef=ROLE, subjects=[])
CLUSTER_BINDING = body("rbac.authorization.k8s.io/v1", "ClusterRoleBinding", roleRef=ROLE, subjects=[])
FROZEN = body("v1", "ConfigMap", immutable=True, data={"a": "1"})
FROZEN_SECRET = body("v1", "Secret", immutable=True, stringData={"a": "1"}, type="Opaque")
TOKEN = body("v1", "Secret", type="kubernetes.io/service-account-token")
TOKEN["metadata"]["annotations"] = {"kubernetes.io/service-account.name": "a"}
PRIORITY = body("scheduling.k8s.io/v1", "PriorityClass", value=1, preemptionPolicy="Never")
DEFINITION = body(
    "apiextensions.k8s.io/v1",
    "CustomResourceDefinition",
    {"group": "a.b", "names": {"kind": "A", "plural": "as"}, "scope": "Namespaced", "versions": []},
)
POOL = body(
    "karpenter.sh/v1",
    "NodePool",
    {"template": {"spec": {"nodeClassRef": {"group": "g", "kind": "k", "name": "n"}, "requirements": []}}},
)
FLAVOR = body("kueue.x-k8s.io/v1beta2", "ResourceFlavor", {"topologyName": "t", "nodeLabels": {"a": "b"}})
CHECK = body("kueue.x-k8s.io/v1beta2", "AdmissionCheck", {"controllerName": "a"})
TOPOLOGY = body("kueue.x-k8s.io/v1beta2", "Topology", {"levels": [{"nodeLabel": "a"}]})
QUEUE = body("kueue.x-k8s.io/v1beta2", "LocalQueue", {"clusterQueue": "a"})
CLUSTER_QUEUE = body("kueue.x-k8s.io/v1beta2", "ClusterQueue", {"concurrentAdmissionPolicy": {"a": "b"}})
MPI = body("kubeflow.org/v2beta1", "MPIJob", {})
MPI["metadata"]["labels"] = {"kueue.x-k8s.io/queue-name": "a"}
CLAIMS = body("resource.k8s.io/v1", "ResourceClaimTemplate", {"spec": {}})
ATTRIBUTES = body("storage.k8s.io/v1", "VolumeAttributesClass", driverName="a", parameters={"iops": "1"})
DRIVER = body(
    "storage.k8s.io/v1", "CSIDriver", {"attachRequired": True, "volumeLifecycleModes": ["Persistent"]}
)
NODE_CLAIM = body("karpenter.sh/v1", "NodeClaim", {"requirements": []})
QUEUE_LABEL = "metadata/labels/kueue.x-k8s.io~queue-name"

CASES: list[tuple[Body, str, object]] = [
    (workload("Deployment"), "spec/selector/matchLabels/app", "y"),
    (workload("DaemonSet"), "spec/selector/matchLabels/app", "y"),
    (workload("StatefulSet"), "spec/selector/matchLabels/app", "y"),
    (workload("StatefulSet"), "spec/serviceName", "other"),
    (workload("StatefulSet"), "spec/podManagementPolicy", "Parallel"),
    (workload("StatefulSet"), "spec/volumeClaimTemplates", [CLAIM]),
    (JOB, "spec/template/spec/containers", [{"name": "a", "image": "quay.io/a/b:v1"}]),
    (JOB, "spec/selector", {"matchLabels": {}}),
    (JOB, "spec/completions", 2),
    (JOB, "spec/completionMode", "Indexed"),
    (JOB, "spec/backoffLimitPerIndex", 1),
    (JOB, "spec/podFailurePolicy", {"rules": []}),
    (JOB, "spec/successPolicy", {"rules": []}),
    (JOB, "spec/managedBy", "a.b/c"),
    (CLAIM, "spec/storageClassName", "gp2"),
    (CLAIM, "spec/accessModes", ["ReadWriteMany"]),
    (CLAIM, "spec/volumeName", "pv"),
    (CLAIM, "spec/resources/requests/storage", "9Gi"),
    (VOLUME, "spec/csi/volumeHandle", "fs-2"),
    (VOLUME, "spec/volumeMode", "Block"),
    (change(VOLUME, "spec/nodeAffinity", {"a": 1}), "spec/nodeAffinity", {"a": 2}),
    (STORAGE, "parameters/type", "io2"),
    (STORAGE, "provisioner", "other"),
    (STORAGE, "reclaimPolicy", "Retain"),
    (STORAGE, "volumeBindingMode", "Immediate"),
    (ATTRIBUTES, "parameters/iops", "2"),
    (ATTRIBUTES, "driverName", "b"),
    (DRIVER, "spec/attachRequired", False),
    (DRIVER, "spec/volumeLifecycleModes", ["Ephemeral"]),
    (SERVICE, "spec/clusterIP", "None"),
    (SERVICE, "spec/clusterIP", None),
    (SERVICE, "spec/loadBalancerClass", "b"),
    (FAMILIES, "spec/ipFamilies", ["IPv6"]),
    (FAMILIES, "spec/healthCheckNodePort", 30001),
    (body("networking.k8s.io/v1", "IngressClass", {"controller": "a.b/c"}), "spec/controller", "a.b/d"),
    (BINDING, "roleRef/name", "b"),
    (CLUSTER_BINDING, "roleRef/kind", "ClusterRole"),
    (FROZEN, "data/a", "2"),
    (FROZEN, "immutable", False),
    (FROZEN_SECRET, "stringData/a", "2"),
    (FROZEN_SECRET, "type", "kubernetes.io/tls"),
    (TOKEN, "metadata/annotations/kubernetes.io~service-account.name", "b"),
    (PRIORITY, "value", 2),
    (PRIORITY, "preemptionPolicy", "PreemptLowerPriority"),
    (body("node.k8s.io/v1", "RuntimeClass", handler="a"), "handler", "b"),
    (CLAIMS, "spec/spec/devices", {}),
    (DEFINITION, "spec/scope", "Cluster"),
    (DEFINITION, "spec/group", "b.c"),
    (DEFINITION, "spec/names/kind", "B"),
    (DEFINITION, "spec/names/plural", "bs"),
    (POOL, "spec/template/spec/nodeClassRef/group", "h"),
    (POOL, "spec/template/spec/nodeClassRef/kind", "l"),
    (POOL, "spec/replicas", 2),
    (NODE_CLAIM, "spec/expireAfter", "1h"),
    (body("ray.io/v1", "RayCluster", {"managedBy": "a"}), "spec/managedBy", "b"),
    (
        body("ray.io/v1", "RayJob", {"rayClusterSpec": {"managedBy": "a"}}),
        "spec/rayClusterSpec/managedBy",
        "b",
    ),
    (QUEUE, "spec/clusterQueue", "b"),
    (CHECK, "spec/controllerName", "b"),
    (TOPOLOGY, "spec/levels", [{"nodeLabel": "b"}]),
    (FLAVOR, "spec/nodeLabels/a", "c"),
    (FLAVOR, "spec/tolerations", [{"key": "a"}]),
    (FLAVOR, "spec/topologyName", "u"),
    (CLUSTER_QUEUE, "spec/concurrentAdmissionPolicy/a", "c"),
    (MPI, QUEUE_LABEL, "b"),
]


def plain(path: str) -> str:
    """Write keys in quotes like others, and leave out which element of a list it is."""
    return re.sub(r"\[[^\]]*\]", "", path.replace('["', ".").replace('"]', ""))


@pytest.mark.parametrize(
    ("old", "path", "value"), CASES, ids=[f"{old['kind']} {path}" for old, path, _ in CASES]
)
def test_a_field_that_keeps_its_value_is_named_with_a_remedy(old: Body, path: str, value: object) -> None:
    (found,) = refused(old, path, value)
    assert (found.subject.kind, found.component) == (old["kind"], "app")
    assert within(plain(found.fields[0]), path.replace("/", ".").replace("~", "/"))
    assert found.remedy
    assert found.source


HARMLESS: list[tuple[Body, str, object]] = [
    (workload("Deployment"), "spec/replicas", 5),
    (workload("Deployment"), "spec/template/metadata/labels/b", "c"),
    (workload("StatefulSet"), "spec/replicas", 5),
    (workload("StatefulSet"), "spec/ordinals", {"start": 1}),
    (workload("StatefulSet"), "spec/template/metadata/labels/b", "c"),
    (workload("StatefulSet"), "spec/updateStrategy", {"type": "OnDelete"}),
    (workload("StatefulSet"), "spec/persistentVolumeClaimRetentionPolicy", {"whenScaled": "Delete"}),
    (workload("StatefulSet"), "spec/minReadySeconds", 5),
    (workload("StatefulSet"), "spec/revisionHistoryLimit", 5),
    (JOB, "spec/parallelism", 2),
    (change(JOB, "spec/completionMode", "Indexed"), "spec/completions", 2),
    (CLAIM, "spec/resources/requests/storage", "11Gi"),
    (CLAIM, "spec/volumeAttributesClassName", "fast"),
    (VOLUME, "spec/capacity/storage", "2400Gi"),
    (VOLUME, "spec/persistentVolumeReclaimPolicy", "Retain"),
    (VOLUME, "spec/nodeAffinity", {"a": 1}),
    (VOLUME, "spec/csi/controllerExpandSecretRef", {"name": "a"}),
    (STORAGE, "allowVolumeExpansion", True),
    (STORAGE, "mountOptions", ["flock"]),
    (change(SERVICE, "spec/type", "ClusterIP"), "spec/loadBalancerClass", "b"),
    (change(FAMILIES, "spec/clusterIP", "None"), "spec/ipFamilies", ["IPv6"]),
    (change(SERVICE, "spec/type", "ExternalName"), "spec/clusterIP", None),
    (BINDING, "subjects", [{"kind": "ServiceAccount", "name": "a"}]),
    (body("v1", "ConfigMap", data={"a": "1"}), "data/a", "2"),
    (PRIORITY, "description", "b"),
    (DEFINITION, "spec/names/shortNames", ["b"]),
    (POOL, "spec/template/spec/nodeClassRef/name", "m"),
    (change(POOL, "spec/replicas", 1), "spec/replicas", 2),
    (body("ray.io/v1", "RayCluster", {}), "spec/managedBy", "b"),
    (body("kueue.x-k8s.io/v1beta2", "ResourceFlavor", {"nodeLabels": {"a": "b"}}), "spec/nodeLabels/a", "c"),
    (change(MPI, "spec/suspend", True), QUEUE_LABEL, "b"),
    (body("karpenter.k8s.aws/v1", "EC2NodeClass", {"role": "a"}), "spec/role", "b"),
]


@pytest.mark.parametrize(
    ("old", "path", "value"), HARMLESS, ids=[f"{old['kind']} {path}" for old, path, _ in HARMLESS]
)
def test_what_can_be_changed_is_not_named(old: Body, path: str, value: object) -> None:
    assert refused(old, path, value) == []


def test_a_deployment_is_replaced_by_argo_cd() -> None:
    (found,) = refused(workload("Deployment"), "spec/selector/matchLabels/app", "y")
    assert found.fields == ("spec.selector.matchLabels.app",)
    assert found.remedy.startswith(SYNC.format("apps:Deployment:ns/x"))


def test_a_stateful_set_leaves_its_pods_behind() -> None:
    (found,) = refused(workload("StatefulSet"), "spec/serviceName", "other")
    assert found.remedy.startswith("kubectl delete statefulset.apps x --namespace ns --cascade=orphan;")


def test_a_storage_class_gets_another_name() -> None:
    (found,) = refused(STORAGE, "parameters/type", "io2")
    assert found.remedy.startswith("make a StorageClass of another name, or argocd app sync app")


def test_a_smaller_claim_is_impossible() -> None:
    (found,) = refused(CLAIM, "spec/resources/requests/storage", "9Gi")
    assert found.fields == ("spec.resources.requests.storage",)
    assert found.remedy.startswith("a volume can't shrink")


def test_a_definition_is_never_replaced() -> None:
    (found,) = refused(DEFINITION, "spec/scope", "Cluster")
    assert found.remedy.startswith("never delete it as long as there are objects")


def test_an_object_of_another_name_replaces_nothing() -> None:
    other = deepcopy(JOB)
    other["metadata"]["name"] = "y"
    assert replaced(pair([JOB], [other])) == []


def test_another_order_of_what_cannot_change_is_refused() -> None:
    old = change(CLAIM, "spec/accessModes", ["ReadWriteOnce", "ReadWriteMany"])
    (found,) = refused(old, "spec/accessModes", ["ReadWriteMany", "ReadWriteOnce"])
    assert found.fields == ("spec.accessModes (order)",)
