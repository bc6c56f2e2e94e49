from typing import Any

import yaml
from cdk8s import App

from charts_src.components.kube_state_metrics import KubeStateMetrics
from charts_src.objects import Body
from tests.ray_environment import environment, rendered


def objects() -> dict[str, Body]:
    return rendered(KubeStateMetrics(App(), environment()))


def container() -> Any:
    (found,) = objects()["Deployment/kube-state-metrics"]["spec"]["template"]["spec"]["containers"]
    return found


def states() -> Any:
    text = objects()["ConfigMap/kube-state-metrics"]["data"]["custom-resource-state.yaml"]
    return yaml.safe_load(text)["spec"]["resources"]


def allowed() -> dict[tuple[str, str], list[str]]:
    return {
        (group, resource): rule["verbs"]
        for rule in objects()["ClusterRole/kube-state-metrics"]["rules"]
        for group in rule["apiGroups"]
        for resource in rule["resources"]
    }


def test_it_may_list_no_secrets_and_no_config_maps() -> None:
    assert not {("", "secrets"), ("", "configmaps")} & allowed().keys()
    assert set(map(tuple, allowed().values())) == {("list", "watch")}


def test_it_may_list_just_what_it_is_told_to_count() -> None:
    (wanted,) = (arg for arg in container()["args"] if arg.startswith("--resources="))
    builtin = {resource for group, resource in allowed() if group in {"", "apps", "batch", "policy"}}
    assert set(wanted.removeprefix("--resources=").split(",")) == builtin


def test_it_may_list_every_custom_resource_that_it_makes_metrics_of() -> None:
    kinds = {
        (item["groupVersionKind"]["group"], f"{item['groupVersionKind']['kind'].lower()}s")
        for item in states()
    }
    groups = {group for group, _ in kinds}
    assert kinds == {(group, resource) for group, resource in allowed() if group in groups}
    assert ("apiextensions.k8s.io", "customresourcedefinitions") in allowed()


def test_a_condition_is_a_metric_with_its_type() -> None:
    claim = states()[0]
    assert claim["groupVersionKind"] == {"group": "karpenter.sh", "version": "v1", "kind": "NodeClaim"}
    assert claim["metricNamePrefix"] == "kube_nodeclaim"
    assert claim["metrics"][0] == {
        "name": "condition",
        "help": "Condition of a NodeClaim.",
        "each": {
            "type": "Gauge",
            "gauge": {
                "path": ["status", "conditions"],
                "labelsFromPath": {"type": ["type"], "reason": ["reason"]},
                "valueFrom": ["status"],
            },
        },
    }


def test_metrics_speak_of_the_objects_and_not_of_the_pod_that_tells_of_them() -> None:
    endpoints = objects()["ServiceMonitor/kube-state-metrics"]["spec"]["endpoints"]
    assert endpoints == [
        {
            "port": "http-metrics",
            "honorLabels": True,
            "relabelings": [
                {
                    "action": "labeldrop",
                    "regex": "(container|endpoint|instance|namespace|node|pod|service)",
                }
            ],
        },
        {"port": "telemetry"},
    ]


def test_nodes_have_the_labels_that_prices_are_found_by() -> None:
    (labels,) = (arg for arg in container()["args"] if arg.startswith("--metric-labels-allowlist="))
    for label in ("karpenter.sh/capacity-type", "node.kubernetes.io/instance-type", "karpenter.sh/nodepool"):
        assert label in labels
