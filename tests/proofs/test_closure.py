"""Whatever is named is there: each kind of reference, with and without its target."""

from copy import deepcopy

import pytest

from charts_src.objects import Body, Identity
from charts_src.proofs.closure import unresolved
from charts_src.proofs.tree import Objects
from tests.objects import binding, definition, deployment, role, thing
from tests.ray_environment import environment

LABELS = {"app": "web"}


def tree(*bodies: Body) -> Objects:
    return {Identity.of(body): body for body in bodies}


def service(name: str, **spec: object) -> Body:
    body = thing(
        "Service", name, "shop", spec={"selector": LABELS, "ports": [{"name": "http", "port": 80}], **spec}
    )
    body["metadata"]["labels"] = {"app": name}
    return body


def web(**pod: object) -> Body:
    body = deployment("web", "shop", serviceAccountName="web", schedulerName="neuron", **pod)
    body["spec"]["template"]["metadata"] = {"labels": LABELS}
    (container,) = body["spec"]["template"]["spec"]["containers"]
    container["ports"] = [{"name": "http", "containerPort": 8080}]
    container["livenessProbe"] = {"httpGet": {"path": "/", "port": "http"}}
    return body


def whole() -> list[Body]:
    """Give a small environment in which every kind of reference occurs, each target named once or more."""
    volumes = [
        {"name": "settings", "configMap": {"name": "settings"}},
        {"name": "key", "secret": {"secretName": "key"}},
        {"name": "data", "persistentVolumeClaim": {"claimName": "data"}},
    ]
    job = thing("batch/Job", "train", "shop", spec={"template": web()["spec"]["template"]})
    job["metadata"]["labels"] = {
        "kueue.x-k8s.io/queue-name": "team",
        "kueue.x-k8s.io/priority-class": "high",
    }
    flavors = [{"flavors": [{"name": "gpu"}]}]
    scheduler = "kind: KubeSchedulerConfiguration\nprofiles:\n- schedulerName: neuron\n"
    store = {"secretStoreRef": {"kind": "ClusterSecretStore", "name": "vault"}, "target": {"name": "key"}}
    backend = {"service": {"name": "web", "port": {"name": "http"}}}
    hooks = [{"clientConfig": {"service": {"name": "web", "namespace": "shop"}}}]
    node_class = {"group": "karpenter.k8s.aws", "kind": "EC2NodeClass", "name": "gpu"}
    return [
        thing("Namespace", "shop"),
        thing("ServiceAccount", "web", "shop"),
        web(volumes=volumes, priorityClassName="urgent", runtimeClassName="nvidia"),
        thing("ConfigMap", "settings", "shop"),
        thing("ConfigMap", "scheduler", "shop", data={"config.yaml": scheduler}),
        thing("scheduling.k8s.io/PriorityClass", "urgent"),
        thing("node.k8s.io/RuntimeClass", "nvidia"),
        thing(
            "PersistentVolumeClaim", "data", "shop", spec={"storageClassName": "gp3", "volumeName": "disk"}
        ),
        thing("PersistentVolume", "disk", spec={}),
        thing("storage.k8s.io/StorageClass", "gp3", provisioner="ebs.csi.aws.com"),
        thing("storage.k8s.io/CSIDriver", "ebs.csi.aws.com", spec={}),
        thing("external-secrets.io/ExternalSecret", "key", "shop", spec=store),
        thing("external-secrets.io/ClusterSecretStore", "vault", spec={}),
        service("web", ports=[{"name": "http", "port": 80, "targetPort": "http"}]),
        thing(
            "networking.k8s.io/Ingress",
            "web",
            "shop",
            spec={"ingressClassName": "alb", "rules": [{"http": {"paths": [{"backend": backend}]}}]},
        ),
        thing("networking.k8s.io/IngressClass", "alb"),
        thing("admissionregistration.k8s.io/ValidatingWebhookConfiguration", "hook", webhooks=hooks),
        role("reader", "", "pods", "get"),
        binding("reader", "shop", "web"),
        job,
        thing("kueue.x-k8s.io/LocalQueue", "team", "shop", spec={"clusterQueue": "all"}),
        thing("kueue.x-k8s.io/ClusterQueue", "all", spec={"resourceGroups": flavors}),
        thing("kueue.x-k8s.io/ResourceFlavor", "gpu", spec={}),
        thing("kueue.x-k8s.io/WorkloadPriorityClass", "high"),
        thing(
            "karpenter.sh/NodePool",
            "gpu",
            spec={"template": {"metadata": {"labels": {}}, "spec": {"nodeClassRef": node_class}}},
        ),
        thing("karpenter.k8s.aws/EC2NodeClass", "gpu", spec={}),
        thing(
            "monitoring.coreos.com/ServiceMonitor",
            "web",
            "shop",
            spec={"selector": {"matchLabels": {"app": "web"}}, "endpoints": [{"port": "http"}]},
        ),
        *(
            definition(group, kind)
            for group, kind in (
                ("external-secrets.io", "ExternalSecret"),
                ("external-secrets.io", "ClusterSecretStore"),
                ("karpenter.k8s.aws", "EC2NodeClass"),
                ("karpenter.sh", "NodePool"),
                ("kueue.x-k8s.io", "ClusterQueue"),
                ("kueue.x-k8s.io", "LocalQueue"),
                ("kueue.x-k8s.io", "ResourceFlavor"),
                ("kueue.x-k8s.io", "WorkloadPriorityClass"),
                ("monitoring.coreos.com", "ServiceMonitor"),
            )
        ),
    ]


def failures(*bodies: Body) -> list[str]:
    return [str(failure) for failure in unresolved(tree(*bodies), environment())]


def test_a_whole_environment_has_no_loose_end() -> None:
    assert failures(*whole()) == []


NAMED = {
    "Namespace shop": "Namespace shop",
    "ServiceAccount shop/web": "ServiceAccount shop/web",
    "ConfigMap shop/settings": "ConfigMap shop/settings",
    "ConfigMap shop/scheduler": "Scheduler neuron",
    "PriorityClass urgent": "PriorityClass urgent",
    "RuntimeClass nvidia": "RuntimeClass nvidia",
    "PersistentVolumeClaim shop/data": "PersistentVolumeClaim shop/data",
    "PersistentVolume disk": "PersistentVolume disk",
    "StorageClass gp3": "StorageClass gp3",
    "CSIDriver ebs.csi.aws.com": "CSIDriver ebs.csi.aws.com",
    "ExternalSecret shop/key": "Secret shop/key",
    "ClusterSecretStore vault": "ClusterSecretStore vault",
    "IngressClass alb": "IngressClass alb",
    "ClusterRole reader": "ClusterRole reader",
    "LocalQueue shop/team": "LocalQueue shop/team",
    "ClusterQueue all": "ClusterQueue all",
    "ResourceFlavor gpu": "ResourceFlavor gpu",
    "WorkloadPriorityClass high": "WorkloadPriorityClass high",
    "EC2NodeClass gpu": "EC2NodeClass gpu",
    "CustomResourceDefinition nodepools.karpenter.sh": "CustomResourceDefinition of NodePool.karpenter.sh",
}
"""Object -> what is missing when it is deleted."""


@pytest.mark.parametrize("deleted", NAMED)
def test_deleting_an_object_that_is_named_gives_one_failure_with_its_name(deleted: str) -> None:
    rest = [body for body in whole() if str(Identity.of(body)) != deleted]
    (failure,) = unresolved(tree(*rest), environment())
    assert failure.subject == NAMED[deleted]
    assert "but not there" in failure.message


def test_a_failure_names_the_objects_that_miss_something_and_where_they_name_it() -> None:
    rest = [body for body in whole() if body["kind"] != "StorageClass"]
    assert failures(*rest) == [
        "StorageClass gp3: is named by PersistentVolumeClaim shop/data (spec.storageClassName), but not "
        "there; render it, or say in charts_src/proofs/outside.py who provides it"
    ]


def test_what_kubernetes_brings_need_not_be_rendered() -> None:
    pod = deployment(
        "web", "default", priorityClassName="system-node-critical", schedulerName="default-scheduler"
    )
    assert failures(pod) == []


def test_deleting_a_service_is_one_failure_for_all_that_lead_to_it() -> None:
    rest = [body for body in whole() if str(Identity.of(body)) != "Service shop/web"]
    assert [failure.subject for failure in unresolved(tree(*rest), environment())] == ["Service shop/web"]


def test_deleting_the_pods_behind_a_service_shows_as_labels_that_nothing_has() -> None:
    rest = [body for body in whole() if body["kind"] not in ("Deployment", "Job")]
    subjects = [failure.subject for failure in unresolved(tree(*rest), environment())]
    assert subjects == ["Pod with app=web in shop"]


@pytest.mark.parametrize(
    ("kind", "path", "value", "expected"),
    [
        (
            "Service",
            "spec.ports.0.targetPort",
            "web",
            "Service shop/web: leads to port web, which Deployment shop/web: spec.template.spec has not; "
            "correct targetPort",
        ),
        (
            "Ingress",
            "spec.rules.0.http.paths.0.backend.service.port.name",
            "https",
            "Ingress shop/web: leads to port https, which Service shop/web has not",
        ),
        (
            "ServiceMonitor",
            "spec.endpoints.0.port",
            "metrics",
            "ServiceMonitor shop/web: scrapes port metrics, which Service shop/web has not",
        ),
        (
            "Deployment",
            "spec.template.spec.containers.0.livenessProbe.httpGet.port",
            "health",
            "Deployment shop/web: spec.template.spec.containers[0].livenessProbe: asks port health, "
            "which the "
            "container has not",
        ),
    ],
)
def test_the_name_of_a_port_that_is_not_there_is_one_failure(
    kind: str, path: str, value: str, expected: str
) -> None:
    bodies = deepcopy(whole())
    place = next(body for body in bodies if body["kind"] == kind)
    *steps, last = path.split(".")
    for step in steps:
        place = place[int(step)] if isinstance(place, list) else place[step]
    place[last] = value
    assert failures(*bodies) == [expected]
