from typing import Any

from cdk8s import App

from charts_src.components.prometheus_operator import PrometheusOperator
from charts_src.objects import Body
from tests.ray_environment import environment, rendered


def operator(**sections: Any) -> dict[str, Body]:
    return rendered(PrometheusOperator(App(), environment(**sections)))


def manager(objects: dict[str, Body]) -> Any:
    (container,) = objects["Deployment/prometheus-operator"]["spec"]["template"]["spec"]["containers"]
    return container


def _rules(role: Body) -> list[tuple[str, str]]:
    return [
        (resource, verb) for rule in role["rules"] for resource in rule["resources"] for verb in rule["verbs"]
    ]


def test_in_the_whole_cluster_the_operator_may_read_monitors_and_rules_and_write_events_only() -> None:
    objects = operator()
    assert sorted(_rules(objects["ClusterRole/prometheus-operator"])) == sorted(
        [
            *(("events", verb) for verb in ("create", "patch")),
            *(
                (kind, verb)
                for kind in (
                    "namespaces",
                    "podmonitors",
                    "probes",
                    "prometheusrules",
                    "scrapeconfigs",
                    "servicemonitors",
                )
                for verb in ("get", "list", "watch")
            ),
            ("storageclasses", "get"),
        ]
    )
    binding = objects["ClusterRoleBinding/prometheus-operator"]
    assert binding["roleRef"]["name"] == "prometheus-operator"


def test_secrets_and_workloads_are_the_operators_in_its_own_namespace_only() -> None:
    role = operator()["Role/prometheus-operator"]
    assert role["metadata"]["namespace"] == "monitoring"
    rules = _rules(role)
    assert {verb for resource, verb in rules if resource == "secrets"} == {
        "create",
        "delete",
        "get",
        "list",
        "update",
        "watch",
    }
    assert ("prometheuses/status", "update") in rules
    assert ("statefulsets", "create") in rules
    assert not [resource for resource, _ in rules if resource in {"nodes", "endpoints", "ingresses"}]


def test_the_operator_looks_for_servers_in_its_own_namespace_and_for_no_kubelets() -> None:
    assert manager(operator())["args"] == [
        "--alertmanager-config-namespaces=monitoring",
        "--alertmanager-instance-namespaces=monitoring",
        "--config-reloader-cpu-limit=100m",
        "--config-reloader-cpu-request=20m",
        "--config-reloader-memory-limit=64Mi",
        "--config-reloader-memory-request=64Mi",
        "--disable-unmanaged-prometheus-configuration=true",
        "--enable-config-reloader-probes=true",
        "--prometheus-config-reloader=quay.io/prometheus-operator/prometheus-config-reloader:v0.94.1",
        "--prometheus-instance-namespaces=monitoring",
    ]


def test_the_reloaders_image_comes_from_the_mirror_as_well() -> None:
    container = manager(operator(images={"mirrors": {"quay.io": "mirror.example.com/quay"}}))
    assert container["image"] == "mirror.example.com/quay/prometheus-operator/prometheus-operator:v0.94.1"
    assert (
        "--prometheus-config-reloader=mirror.example.com/quay/prometheus-operator/"
        "prometheus-config-reloader:v0.94.1" in container["args"]
    )


def test_one_operator_runs_as_nobody_and_reaches_the_kubernetes_api_alone() -> None:
    objects = operator()
    deployment = objects["Deployment/prometheus-operator"]["spec"]
    assert deployment["replicas"] == 1
    assert deployment["template"]["spec"]["securityContext"]["runAsUser"] == 65534
    policy = objects["NetworkPolicy/prometheus-operator"]["spec"]
    assert policy["egress"] == [
        {
            "to": [{"ipBlock": {"cidr": "10.64.0.0/16"}}, {"ipBlock": {"cidr": "172.20.0.0/16"}}],
            "ports": [{"port": 443, "protocol": "TCP"}],
        }
    ]
