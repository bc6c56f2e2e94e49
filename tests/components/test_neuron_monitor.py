import json
import re
from typing import Any

from cdk8s import App

from charts_src.components.neuron_monitor import NeuronMonitor
from charts_src.lib.accelerators import process_tag
from charts_src.objects import Body
from tests.ray_environment import environment, rendered


def monitor() -> dict[str, Body]:
    return rendered(NeuronMonitor(App(), environment()))


def endpoint() -> Any:
    (found,) = monitor()["PodMonitor/neuron-monitor"]["spec"]["podMetricsEndpoints"]
    return found


def test_the_exporter_runs_as_upstream_starts_it_with_our_configuration() -> None:
    spec = monitor()["DaemonSet/neuron-monitor"]["spec"]["template"]["spec"]
    (container,) = spec["containers"]
    assert container["image"] == "public.ecr.aws/neuron/neuron-monitor:1.10.0"
    assert container["command"] == ["/opt/bin/entrypoint.sh"]
    assert container["args"] == [
        "--port",
        "8000",
        "--neuron-monitor-config",
        "/etc/neuron-monitor/neuron-monitor.json",
    ]
    assert container["securityContext"] == {"privileged": True, "runAsNonRoot": False, "runAsUser": 0}
    assert spec["tolerations"] == [{"operator": "Exists"}]
    assert spec["automountServiceAccountToken"] is False


def test_it_collects_every_group_of_metrics() -> None:
    config = json.loads(monitor()["ConfigMap/neuron-monitor"]["data"]["neuron-monitor.json"])
    (runtimes,) = config["neuron_runtimes"]
    assert [metric["type"] for metric in runtimes["metrics"] + config["system_metrics"]] == [
        "neuroncore_counters",
        "memory_used",
        "neuron_runtime_vcpu_usage",
        "execution_stats",
        "neuron_hw_counters",
        "vcpu_usage",
        "memory_info",
    ]


def test_a_metric_says_on_which_node_it_was_taken_and_not_which_pod_took_it() -> None:
    assert endpoint()["relabelings"] == [
        {
            "action": "replace",
            "sourceLabels": ["__meta_kubernetes_pod_node_name"],
            "targetLabel": "node",
        },
        {"action": "labeldrop", "regex": "namespace|pod|container"},
    ]


def test_the_tag_of_a_process_becomes_its_namespace_and_pod() -> None:
    namespace, pod = endpoint()["metricRelabelings"]
    assert (namespace["targetLabel"], namespace["replacement"]) == ("namespace", "$1")
    assert (pod["targetLabel"], pod["replacement"]) == ("pod", "$2")
    for tag in ("training/llama-0", "training/llama-0/3"):
        found = re.fullmatch(pod["regex"], tag)
        assert found
        assert found.group(1, 2) == ("training", "llama-0")
    assert not re.fullmatch(pod["regex"], "15439")


def test_a_pod_tags_its_processes_with_its_own_name() -> None:
    *fields, tag = process_tag("trainium")
    assert [each["valueFrom"]["fieldRef"]["fieldPath"] for each in fields] == [
        "metadata.namespace",
        "metadata.name",
    ]
    assert tag == {"name": "NEURON_PROCESS_TAG", "value": "$(POD_NAMESPACE)/$(POD_NAME)"}


def test_only_prometheus_reaches_it() -> None:
    spec = monitor()["NetworkPolicy/neuron-monitor"]["spec"]
    assert spec["policyTypes"] == ["Ingress"]
    assert spec["ingress"][0]["ports"] == [{"port": 8000, "protocol": "TCP"}]
