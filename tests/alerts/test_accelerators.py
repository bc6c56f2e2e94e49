from pathlib import Path

from tests.alerts.promtool import Case, run

REQUESTS = "kube_pod_container_resource_requests"
GPU_POD = {
    f'{REQUESTS}{{namespace="ray",pod="a",node="n1",resource="nvidia_com_gpu"}}': "4x60",
    'kube_pod_status_phase{namespace="ray",pod="a",phase="Running"}': "1x60",
}
NEURON_POD = {
    f'{REQUESTS}{{namespace="ray",pod="b",node="n2",resource="aws_amazon_com_neuron"}}': "16x60",
    'kube_pod_status_phase{namespace="ray",pod="b",phase="Running"}': "1x60",
    'neuron_hardware_info{node="n2"}': "1x60",
}
UTIL = "DCGM_FI_DEV_GPU_UTIL"
GPU_NODE = {
    'kube_node_labels{node="n1",label_genai_on_eks_accelerator="nvidia"}': "1x60",
    'kube_node_status_condition{node="n1",condition="Ready",status="true"}': "1x60",
}
ALLOCATABLE = 'kube_node_status_allocatable{node="n1",resource="nvidia_com_gpu"}'
IDLE_GPU = {"namespace": "ray", "pod": "a", "node": "n1", "resource": "nvidia_com_gpu"}
IDLE_NEURON = {"namespace": "ray", "pod": "b", "node": "n2", "resource": "aws_amazon_com_neuron"}
XID = 'DCGM_FI_DEV_XID_ERRORS{node="n1",gpu="3",pod="a"}'
ECC = "hardware_ecc_events_total"

CASES = [
    Case("GpuFault", {XID: "79x60"}, {"node": "n1", "gpu": "3", "xid": "79"}, {XID: "31x60"}),
    Case("GpuProgramFault", {XID: "31x60"}, {"node": "n1", "gpu": "3", "xid": "31"}, {XID: "0x60"}),
    Case(
        "GpuUncorrectableMemoryError",
        {'DCGM_FI_DEV_ECC_DBE_VOL_TOTAL{node="n1",gpu="0"}': "0x50 1x10"},
        {"node": "n1", "gpu": "0"},
        {
            'DCGM_FI_DEV_ECC_DBE_VOL_TOTAL{node="n1",gpu="0"}': "1x60",
            'DCGM_FI_DEV_ROW_REMAP_FAILURE{node="n1",gpu="0"}': "0x60",
        },
    ),
    Case(
        "GpuUncorrectableMemoryError",
        {'DCGM_FI_DEV_ROW_REMAP_FAILURE{node="n1",gpu="0"}': "1x60"},
        {"node": "n1", "gpu": "0"},
        {},
    ),
    Case(
        "GpuHot",
        {'DCGM_FI_DEV_GPU_TEMP{node="n1",gpu="0"}': "91x60"},
        {"node": "n1", "gpu": "0"},
        {'DCGM_FI_DEV_GPU_TEMP{node="n1",gpu="0"}': "70x55 91x5"},
    ),
    Case(
        "GpuHot",
        {'DCGM_FI_DEV_THERMAL_VIOLATION{node="n1",gpu="0"}': "0+1000x60"},
        {"node": "n1", "gpu": "0"},
        {'DCGM_FI_DEV_THERMAL_VIOLATION{node="n1",gpu="0"}': "5000x60"},
    ),
    Case(
        "NeuronUncorrectableError",
        {f'{ECC}{{node="n2",neuron_device_index="7",event_type="mem_ecc_uncorrected"}}': "0x50 1x10"},
        {"node": "n2", "neuron_device_index": "7", "event_type": "mem_ecc_uncorrected"},
        {f'{ECC}{{node="n2",neuron_device_index="7",event_type="mem_ecc_corrected"}}': "0+1x60"},
    ),
    Case(
        "NeuronHardwareError",
        {'execution_errors_total{node="n2",error_type="hardware",runtime_tag="1"}': "0x50 2x10"},
        {"node": "n2"},
        {'execution_errors_total{node="n2",error_type="numerical",runtime_tag="1"}': "0+1x60"},
    ),
    Case(
        "AcceleratorsMissing",
        GPU_NODE | {ALLOCATABLE: "0x60"},
        {"node": "n1", "label_genai_on_eks_accelerator": "nvidia"},
        GPU_NODE | {ALLOCATABLE: "8x60"},
    ),
    Case(
        "AcceleratorsUnseen",
        {ALLOCATABLE: "8x60"},
        {"node": "n1", "resource": "nvidia_com_gpu"},
        {ALLOCATABLE: "8x60", 'DCGM_FI_DEV_GPU_TEMP{node="n1",gpu="0"}': "60x60"},
    ),
    Case(
        "AcceleratorIdle",
        GPU_POD | {f'{UTIL}{{namespace="ray",pod="a",gpu="{gpu}"}}': "0x60" for gpu in range(4)},
        IDLE_GPU,
        GPU_POD
        | {f'{UTIL}{{namespace="ray",pod="a",gpu="0"}}': "0x60"}
        | {f'{UTIL}{{namespace="ray",pod="a",gpu="1"}}': "0x40 95x20"},
    ),
    Case(
        "AcceleratorIdle",
        GPU_POD | {f'{UTIL}{{pod="dcgm",exported_namespace="ray",exported_pod="a",gpu="0"}}': "0x60"},
        IDLE_GPU,
        GPU_POD | {f'{UTIL}{{pod="dcgm",exported_namespace="ray",exported_pod="a",gpu="0"}}': "50x60"},
    ),
    Case(
        "AcceleratorIdle",
        NEURON_POD,
        IDLE_NEURON,
        NEURON_POD | {'neuroncore_utilization_ratio{node="n2",neuroncore="5",runtime_tag="1"}': "0.4x60"},
    ),
]


def test_each_alert_fires_when_it_should_and_only_then(tmp_path: Path) -> None:
    assert run(CASES, tmp_path) == ""
