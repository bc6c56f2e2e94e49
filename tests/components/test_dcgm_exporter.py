from typing import Any

from cdk8s import App

from charts_src.components.dcgm_exporter import DcgmExporter
from charts_src.model import Environment
from charts_src.objects import Body
from tests.gpu_environment import TIME_SLICING, with_pool
from tests.ray_environment import environment, rendered


def exporter(env: Environment | None = None) -> dict[str, Body]:
    return rendered(DcgmExporter(App(), env or environment()))


def pod(objects: dict[str, Body]) -> Any:
    return objects["DaemonSet/dcgm-exporter"]["spec"]["template"]["spec"]


def variables(env: Environment | None = None) -> dict[str, str | None]:
    (container,) = pod(exporter(env))["containers"]
    return {each["name"]: each.get("value") for each in container["env"]}


def test_it_asks_the_kubelet_which_pod_has_which_gpu_and_the_api_server_nothing() -> None:
    spec = pod(exporter())
    (container,) = spec["containers"]
    assert container["image"] == "nvcr.io/nvidia/k8s/dcgm-exporter:4.5.3-4.8.2-distroless"
    assert container["args"] == ["-f", "/etc/counters/counters.csv"]
    assert variables() == {
        "DCGM_EXPORTER_LISTEN": ":9400",
        "DCGM_EXPORTER_KUBERNETES": "true",
        "NODE_NAME": None,
    }
    assert container["volumeMounts"] == [
        {"name": "pod-resources", "mountPath": "/var/lib/kubelet/pod-resources", "readOnly": True},
        {"name": "counters", "mountPath": "/etc/counters", "readOnly": True},
    ]
    assert spec["automountServiceAccountToken"] is False
    assert spec["tolerations"] == [{"operator": "Exists"}]


def test_profiling_needs_one_capability_and_gets_no_other() -> None:
    (container,) = pod(exporter())["containers"]
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "capabilities": {"drop": ["ALL"], "add": ["SYS_ADMIN"]},
        "runAsNonRoot": False,
        "runAsUser": 0,
    }


def test_pods_that_share_a_gpu_are_told_apart() -> None:
    values = variables(with_pool(TIME_SLICING))
    assert values["KUBERNETES_VIRTUAL_GPUS"] == "true"
    assert values["NVIDIA_RESOURCE_NAMES"] == "nvidia.com/gpu.shared"


def test_the_counters_are_lines_of_field_type_and_help_each_field_once() -> None:
    lines = exporter()["ConfigMap/dcgm-exporter"]["data"]["counters.csv"].splitlines()
    rows = [line.split(", ") for line in lines]
    assert all(len(row) == 3 for row in rows)
    assert {row[1] for row in rows} == {"gauge", "counter", "label"}
    fields = [row[0] for row in rows]
    assert len(fields) == len(set(fields))
    assert {
        "DCGM_FI_DEV_GPU_UTIL",
        "DCGM_FI_DEV_FB_USED",
        "DCGM_FI_DEV_XID_ERRORS",
        "DCGM_FI_PROF_GR_ENGINE_ACTIVE",
        "DCGM_FI_PROF_PIPE_TENSOR_ACTIVE",
        "DCGM_FI_PROF_DRAM_ACTIVE",
    } <= set(fields)


def test_the_labels_of_a_metric_name_the_pod_with_the_gpu_and_never_the_exporter() -> None:
    (endpoint,) = exporter()["PodMonitor/dcgm-exporter"]["spec"]["podMetricsEndpoints"]
    assert endpoint == {
        "port": "metrics",
        "interval": "15s",
        "honorLabels": True,
        "relabelings": [
            {
                "action": "replace",
                "sourceLabels": ["__meta_kubernetes_pod_node_name"],
                "targetLabel": "node",
            },
            {"action": "labeldrop", "regex": "namespace|pod|container"},
        ],
    }


def test_only_prometheus_reaches_it() -> None:
    spec = exporter()["NetworkPolicy/dcgm-exporter"]["spec"]
    assert spec["policyTypes"] == ["Ingress"]
    assert spec["ingress"][0]["ports"] == [{"port": 9400, "protocol": "TCP"}]
