"""Files, host names, volumes, quotas and metrics lead somewhere, limits can be reached."""

from copy import deepcopy
from typing import Any

import pytest

from charts_src.objects import Body, Identity
from charts_src.proofs import accounts, files, hosts, ingresses, limits, observed, places, quotas, volumes
from charts_src.proofs.nodes import Node, Pool
from charts_src.proofs.pods import Pod
from charts_src.proofs.tree import Objects
from tests.objects import thing

CAPACITY = {"cpu": 4000, "memory": 8192, "pods": 50, "nvidia.com/gpu": 1}
NODE = Node(Pool("gpu", {}), "g5.xlarge", {"kind": frozenset({"gpu"})}, (), CAPACITY)


def tree(*bodies: Body) -> Objects:
    return {Identity.of(body): body for body in bodies}


def pod(volumes: list[Body] | None = None, **container: Any) -> Pod:
    spec = {"containers": [{"name": "web", **container}], "volumes": volumes or []}
    return Pod(Identity("apps", "Deployment", "shop", "web"), "spec", "shop", {"app": "web"}, spec)


MOUNTS = [{"name": "settings", "mountPath": "/etc/web"}]
VOLUMES = [{"name": "settings", "configMap": {"name": "settings"}}]


def lost_files(data: Body, **container: Any) -> list[str]:
    settings = thing("ConfigMap", "settings", "shop", data=data)
    found = files.missing(tree(settings), [pod(VOLUMES, **{"volumeMounts": MOUNTS} | container)])
    return [each.message for each in found]


@pytest.mark.parametrize(
    "container",
    [
        {"args": ["--config=/etc/web/web.yaml", "--out=/tmp/x"]},
        {"env": [{"name": "CONFIG", "value": "/etc/web/web.yaml"}]},
        {"command": ["web", "-c", "/etc/web/web.yaml"]},
    ],
)
def test_a_file_that_is_mounted_is_found_and_one_that_is_not_is_missed(container: Body) -> None:
    assert lost_files({"web.yaml": ""}, **container) == []
    missing = "reads /etc/web/web.yaml, which ConfigMap settings has not"
    assert lost_files({"other.yaml": ""}, **container) == [missing]


def test_a_key_that_a_sub_path_or_a_variable_names_has_to_be_there() -> None:
    one = [{"name": "settings", "mountPath": "/etc/web.yaml", "subPath": "web.yaml"}]
    key = {"configMapKeyRef": {"name": "settings", "key": "level"}}
    env = [{"name": "LEVEL", "valueFrom": key}]
    assert lost_files({"web.yaml": "", "level": ""}, volumeMounts=one, env=env) == []
    assert lost_files({}, volumeMounts=one, env=env) == [
        "LEVEL is the key level, which ConfigMap settings has not",
        "mounts the file web.yaml, which ConfigMap settings has not",
    ]


def test_a_host_name_of_a_service_that_is_not_there_is_found() -> None:
    web = thing("Service", "web", "shop")
    text = {"url": "http://web.shop.svc:80, https://kubernetes.default.svc, x.$(NS).svc"}
    assert hosts.unknown(tree(web, thing("ConfigMap", "it", "shop", data=text))) == []
    (found,) = hosts.unknown(tree(thing("ConfigMap", "it", "shop", data=text)))
    assert str(found) == "Service shop/web: is asked by ConfigMap shop/it, but not there"


def test_a_service_that_a_controller_makes_is_there() -> None:
    cluster = thing("ray.io/RayCluster", "shared", "ray")
    text = {"a": "ray://shared-head-svc.ray.svc:10001"}
    assert hosts.unknown(tree(cluster, thing("ConfigMap", "it", "shop", data=text))) == []


def claim_and_volume() -> tuple[Body, Body]:
    claim = thing(
        "PersistentVolumeClaim",
        "data",
        "shop",
        spec={
            "resources": {"requests": {"storage": "10Gi"}},
            "accessModes": ["ReadWriteMany"],
            "storageClassName": "",
            "volumeName": "disk",
        },
    )
    spec = {
        "capacity": {"storage": "10Gi"},
        "accessModes": ["ReadWriteMany"],
        "claimRef": {"name": "data", "namespace": "shop"},
    }
    return claim, thing("PersistentVolume", "disk", spec=spec)


def test_a_claim_and_its_volume_are_fine() -> None:
    assert volumes.wrong(tree(*claim_and_volume()), [pod(VOLUMES, volumeMounts=MOUNTS)]) == []


@pytest.mark.parametrize(
    ("side", "field", "value", "message"),
    [
        (0, "resources", {}, "asks for no storage; the API server refuses it"),
        (
            0,
            "resources",
            {"requests": {"storage": "1Ti"}},
            "asks for 1Ti, disk has less; make them equal",
        ),
        (
            0,
            "accessModes",
            ["ReadWriteOnce"],
            "asks for access that disk does not give; make accessModes equal",
        ),
        (0, "storageClassName", "gp3", "has another storageClassName than disk; write the same"),
        (
            0,
            "volumeName",
            "other",
            "is for PersistentVolumeClaim shop/data, which does not ask for it; set its volumeName",
        ),
        (1, "claimRef", None, "is for no claim: any may take it; name it in claimRef"),
        (
            1,
            "claimRef",
            {"name": "date", "namespace": "shop"},
            "is for a claim shop/date that is not there; correct claimRef",
        ),
    ],
)
def test_a_claim_that_never_gets_its_volume_is_found(side: int, field: str, value: Any, message: str) -> None:
    bodies = deepcopy(claim_and_volume())
    bodies[side]["spec"][field] = value
    assert [each.message for each in volumes.wrong(tree(*bodies), [])] == [message]


def test_a_volume_without_an_amount_is_found() -> None:
    claim, volume = claim_and_volume()
    volume["spec"]["capacity"] = {}
    messages = [each.message for each in volumes.wrong(tree(claim, volume), [])]
    assert "has no capacity.storage; the API server refuses it" in messages


def test_a_volume_that_no_container_mounts_is_found() -> None:
    (found,) = volumes.wrong({}, [pod(VOLUMES)])
    assert found.message == "its volume settings is mounted nowhere; mount it or drop it"


FLAVOR = {"nodeLabels": {"kind": "gpu"}}


def queue(*names: str, quota: str = "1") -> Body:
    resources = [{"name": name, "nominalQuota": quota} for name in names]
    group = {
        "coveredResources": ["cpu", "nvidia.com/gpu"],
        "flavors": [{"name": "gpu", "resources": resources}],
    }
    return thing("kueue.x-k8s.io/ClusterQueue", "all", spec={"resourceGroups": [group]})


def queue_problems(*bodies: Body, flavor: Body) -> list[str]:
    local = thing("kueue.x-k8s.io/LocalQueue", "team", "shop", spec={"clusterQueue": "all"})
    known = thing("kueue.x-k8s.io/ResourceFlavor", "gpu", spec=flavor)
    return [each.message for each in quotas.wrong(tree(local, known, *bodies), [NODE])]


def test_a_queue_of_what_nodes_have_is_fine() -> None:
    assert queue_problems(queue("cpu", "nvidia.com/gpu"), flavor=FLAVOR) == []


def test_a_flavor_that_no_node_has_is_found() -> None:
    assert queue_problems(flavor={"nodeLabels": {"kind": "gpux"}}) == [
        "no kind of node has the labels kind=gpux; correct them"
    ]
    assert queue_problems(flavor={}) == ["has no nodeLabels: its quota is for nodes of every kind; add them"]


def test_a_quota_of_something_else_than_the_group_covers_is_found() -> None:
    assert queue_problems(queue("cpu"), flavor=FLAVOR) == [
        "spec.resourceGroups[0].flavors[0].resources: has cpu, the group covers cpu, nvidia.com/gpu; "
        "list the same"
    ]


def test_a_quota_of_what_no_node_has_is_found() -> None:
    body = queue("cpu", "aws.amazon.com/neuron")
    body["spec"]["resourceGroups"][0]["coveredResources"][1] = "aws.amazon.com/neuron"
    assert queue_problems(body, flavor=FLAVOR) == [
        "spec.resourceGroups[0].flavors[0].resources[1]: 1 of aws.amazon.com/neuron, which no node of gpu "
        "has; correct either"
    ]
    zero = deepcopy(body)
    zero["spec"]["resourceGroups"][0]["flavors"][0]["resources"][1]["nominalQuota"] = "0"
    assert queue_problems(zero, flavor=FLAVOR) == []


def test_a_queue_that_nobody_can_use_is_found() -> None:
    (found,) = quotas.wrong(tree(thing("kueue.x-k8s.io/ClusterQueue", "all", spec={})), [])
    assert found.message == "no LocalQueue leads to it; add one"


METRICS = [{"name": "metrics", "containerPort": 9090}]
PROMETHEUS = thing("monitoring.coreos.com/Prometheus", "it", "monitoring")


def monitor(port: str, **selector: Any) -> Body:
    spec = {"selector": selector or {"matchLabels": {"app": "web"}}, "podMetricsEndpoints": [{"port": port}]}
    return thing("monitoring.coreos.com/PodMonitor", "web", "shop", spec=spec)


def test_metrics_that_a_monitor_asks_for_are_fine() -> None:
    expression = {"matchExpressions": [{"key": "app", "operator": "Exists"}]}
    for each in (monitor("metrics"), monitor("metrics", **expression)):
        assert observed.unasked(tree(PROMETHEUS, each), [pod(ports=METRICS)]) == []


def test_metrics_that_a_service_leads_to_are_fine() -> None:
    ports = [{"name": "http", "port": 80, "targetPort": "metrics"}]
    service = thing("Service", "web", "shop", spec={"selector": {"app": "web"}, "ports": ports})
    service["metadata"]["labels"] = {"app": "web"}
    spec = {"selector": {"matchLabels": {"app": "web"}}, "endpoints": [{"port": "http"}]}
    by_service = thing("monitoring.coreos.com/ServiceMonitor", "web", "shop", spec=spec)
    assert observed.unasked(tree(PROMETHEUS, service, by_service), [pod(ports=METRICS)]) == []


@pytest.mark.parametrize("bodies", [(PROMETHEUS,), (PROMETHEUS, monitor("http"))])
def test_metrics_that_nobody_asks_for_are_found(bodies: tuple[Body, ...]) -> None:
    (found,) = observed.unasked(tree(*bodies), [pod(ports=METRICS)])
    assert found.message == "containers[0] offers metrics, which nobody scrapes; add it to a PodMonitor"


def test_without_prometheus_nobody_has_to_ask() -> None:
    assert observed.unasked({}, [pod(ports=METRICS)]) == []


@pytest.mark.parametrize(("amounts", "found"), [({"cpu": "4", "memory": "8Gi"}, 0), ({"cpu": "40"}, 1)])
def test_a_limit_above_every_node_is_found(amounts: Body, found: int) -> None:
    failures = limits.unreachable([pod(resources={"limits": amounts, "requests": {"cpu": "1"}})], [NODE])
    assert [each.message for each in failures] == [
        "containers[0] has a limit of 40 cpu, more than any of its nodes has; lower it"
    ][:found]


def test_an_ingress_that_wants_another_load_balancer_is_found() -> None:
    shared = [thing("networking.k8s.io/Ingress", name, "shop") for name in ("a", "b", "c")]
    for body in shared:
        body["metadata"]["annotations"] = {"alb.ingress.kubernetes.io/group.name": "one"}
    assert ingresses.unlike(tree(*shared)) == []
    shared[1]["metadata"]["annotations"] = {"alb.ingress.kubernetes.io/group.name": "two"}
    (found,) = ingresses.unlike(tree(*shared))
    assert str(found) == (
        "Ingress shop/b: alb.ingress.kubernetes.io/group.name is two, that of the others is one; "
        "write the same"
    )


@pytest.mark.parametrize(
    ("spec", "path"),
    [
        ({"namespaceSelector": {"matchNames": ["shops"]}}, "namespaceSelector.matchNames"),
        ({"conditions": [{"namespaces": ["shop", "shops"]}]}, "conditions[0].namespaces"),
        (
            {"from": [{"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "shops"}}}]},
            "from[0].namespaceSelector.matchLabels.kubernetes.io/metadata.name",
        ),
        (
            {
                "matchExpressions": [
                    {"key": "kubernetes.io/metadata.name", "values": ["kube-system", "shops"]}
                ]
            },
            "matchExpressions[0].values",
        ),
    ],
)
def test_a_namespace_that_is_named_and_not_there_is_found(spec: Body, path: str) -> None:
    body = thing("Any", "it", "shop", spec=spec)
    shop = thing("Namespace", "shop")
    (found,) = places.unknown(tree(shop, body))
    assert str(found) == f"Any shop/it: spec.{path} names the namespace shops, which is not there; correct it"
    assert places.unknown(tree(shop, body, thing("Namespace", "shops"))) == []


def test_a_notebook_whose_account_is_not_there_is_found() -> None:
    owner = Identity("", "ConfigMap", "hub", "hub")
    notebook = Pod(owner, "profile cpu", "notebooks", {}, {"serviceAccountName": "notebook"})
    (found,) = accounts.missing({}, [notebook])
    assert str(found) == (
        "ConfigMap hub/hub: profile cpu: runs as notebooks/notebook, which is no ServiceAccount; render it"
    )
    assert accounts.missing(tree(thing("ServiceAccount", "notebook", "notebooks")), [notebook]) == []
