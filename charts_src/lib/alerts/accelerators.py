"""GPUs and Neuron devices: faults, and those that are paid for and do nothing.

Metrics, with their source:

- DCGM_FI_*: etc/default-counters.csv of NVIDIA/dcgm-exporter. Its labels pod and namespace are those of the
  pod that holds the GPU. A monitor without honorLabels renames them exported_*; the rules take both.
- neuroncore_utilization_ratio, hardware_ecc_events_total, execution_errors_total, neuron_hardware_info: the
  exporter of Neuron Monitor (neuron-monitor-prometheus.py). It knows no pods, so a pod is judged by its node,
  and it has no utilization while no program uses the device.
- kube_*: kube-state-metrics v2.20.0. Label `node`: lib of the component `prometheus`, scrape class `default`.
"""

from charts_src.lib.accelerators import ACCELERATOR_LABEL, NEURON_DEVICE, NVIDIA_GPU
from charts_src.lib.alerts.rule import alert, group, record
from charts_src.model.monitoring import Monitoring
from charts_src.objects import Body

NAME = "accelerators"


def metric_label(name: str) -> str:
    """Write the name of a resource or a label as kube-state-metrics does in labels of metrics."""
    return "".join(letter if letter.isalnum() else "_" for letter in name)


GPU = metric_label(NVIDIA_GPU)
NEURON = metric_label(NEURON_DEVICE)
ANY = f"{GPU}|{NEURON}"

REQUESTED = "namespace_pod:accelerators_requested:sum"
UTILIZATION = "namespace_pod:accelerator_utilization:ratio"
IDLE = "namespace_pod:accelerators_idle:sum"
NODE_NEURON = "node:neuron_utilization:ratio"
POD_GPU = "namespace_pod:gpu_utilization:ratio"
ALLOCATABLE = "node:accelerators_allocatable:sum"
XID = "node_gpu:xid:count"

_BUSY = "0.01"
"""Utilization below which an accelerator does nothing."""

_FATAL_XIDS = "46|48|54|62|63|64|74|79|95|109|110|119|120|136|140|142|143|151|155|156|158"
"""XIDs for which the EKS node monitoring agent 1.7.0 calls the hardware broken; others are faults of
programs."""

_LABEL = f"label_{metric_label(ACCELERATOR_LABEL)}"


def groups(monitoring: Monitoring) -> list[Body]:
    """Give the rules."""
    return [group("accelerator-use", *_records()), group("accelerator-health", *_alerts(monitoring))]


def _records() -> list[Body]:
    gpu = "DCGM_FI_DEV_GPU_UTIL"
    renamed = f'label_replace({gpu}{{exported_pod!=""}}, "namespace", "$1", "exported_namespace", "(.+)")'
    return [
        record(
            REQUESTED,
            f"""sum by (namespace, pod, node, resource) (
                kube_pod_container_resource_requests{{resource=~"{ANY}"}}
                * on (namespace, pod) group_left ()
                max by (namespace, pod) (kube_pod_status_phase{{phase="Running"}} == 1)
            )""",
        ),
        record(
            POD_GPU,
            f"""max by (namespace, pod) (
                label_replace({renamed}, "pod", "$1", "exported_pod", "(.+)")
                or {gpu}{{exported_pod="", pod!=""}}
            ) / 100""",
        ),
        record(
            NODE_NEURON,
            "max by (node) (neuroncore_utilization_ratio) or max by (node) (neuron_hardware_info) * 0",
        ),
        record(
            UTILIZATION,
            f"""{REQUESTED}{{resource="{GPU}"}} * 0 + on (namespace, pod) group_left () {POD_GPU}
            or {REQUESTED}{{resource="{NEURON}"}} * 0 + on (node) group_left () {NODE_NEURON}""",
        ),
        record(IDLE, f"{REQUESTED} and on (namespace, pod, resource) {UTILIZATION} < {_BUSY}"),
        record(
            ALLOCATABLE,
            f'sum by (node, resource) (kube_node_status_allocatable{{resource=~"{ANY}"}})',
        ),
        record(XID, 'count_values by (node, gpu) ("xid", max by (node, gpu) (DCGM_FI_DEV_XID_ERRORS) != 0)'),
    ]


def _alerts(monitoring: Monitoring) -> list[Body]:
    return [*_gpu_faults(monitoring), *_neuron_faults(), *_unseen(), _idle(monitoring)]


def _gpu_faults(monitoring: Monitoring) -> list[Body]:
    where = "GPU {{ $labels.gpu }} of node {{ $labels.node }}"
    replace = "Karpenter replaces the node where node repair is on; else cordon it and delete its NodeClaim."
    return [
        alert(
            "GpuFault",
            "critical",
            f'{XID}{{xid=~"{_FATAL_XIDS}"}}',
            0,
            f"{where} reports XID {{{{ $labels.xid }}}}",
            f"The hardware or its driver is broken, and jobs on the node fail or hang. {replace}",
        ),
        alert(
            "GpuProgramFault",
            "info",
            f'{XID}{{xid!~"{_FATAL_XIDS}"}}',
            0,
            f"{where} reports XID {{{{ $labels.xid }}}}",
            "A program made a mistake, such as an access outside its memory. The last XID is shown until the "
            "driver is loaded anew.",
        ),
        alert(
            "GpuUncorrectableMemoryError",
            "critical",
            """max by (node, gpu) (increase(DCGM_FI_DEV_ECC_DBE_VOL_TOTAL[15m])) > 0
            or max by (node, gpu) (DCGM_FI_DEV_ROW_REMAP_FAILURE) > 0""",
            0,
            f"Memory of {where} has lost data",
            f"Results of jobs on it can't be trusted: start them again from the last checkpoint. {replace}",
        ),
        alert(
            "GpuHot",
            "warning",
            f"""max by (node, gpu) (DCGM_FI_DEV_GPU_TEMP) > {monitoring.alerts.gpu_celsius}
            or max by (node, gpu) (rate(DCGM_FI_DEV_THERMAL_VIOLATION[5m])) > 0""",
            10,
            f"{where} is hot",
            f"It slows down, and with it every job that waits for it. {replace}",
        ),
    ]


def _neuron_faults() -> list[Body]:
    replace = "Karpenter replaces the node where node repair is on; else cordon it and delete its NodeClaim."
    return [
        alert(
            "NeuronUncorrectableError",
            "critical",
            """sum by (node, neuron_device_index, event_type)
            (increase(hardware_ecc_events_total{event_type=~".+_uncorrected"}[15m])) > 0""",
            0,
            "Neuron device {{ $labels.neuron_device_index }} of node {{ $labels.node }}: "
            "{{ $labels.event_type }}",
            f"Results of jobs on it can't be trusted: start them again from the last checkpoint. {replace}",
        ),
        alert(
            "NeuronHardwareError",
            "critical",
            'sum by (node) (increase(execution_errors_total{error_type="hardware"}[15m])) > 0',
            0,
            "Programs fail by the hardware of Neuron node {{ $labels.node }}",
            replace,
        ),
    ]


def _unseen() -> list[Body]:
    return [
        alert(
            "AcceleratorsMissing",
            "critical",
            f"""kube_node_labels{{{_LABEL}=~"nvidia|trainium|inferentia"}} * on (node) group_left ()
            (max by (node) (kube_node_status_condition{{condition="Ready",status="true"}}) == 1)
            unless on (node) {ALLOCATABLE} > 0""",
            15,
            "Node {{ $labels.node }} offers none of its accelerators",
            "It is paid for and no job can use it: look at the device plugin's pod on the node, then at its "
            "kernel log.",
        ),
        alert(
            "AcceleratorsUnseen",
            "warning",
            f"""{ALLOCATABLE}{{resource="{GPU}"}} > 0 unless on (node) DCGM_FI_DEV_GPU_TEMP
            or {ALLOCATABLE}{{resource="{NEURON}"}} > 0 unless on (node) neuron_hardware_info""",
            15,
            "Node {{ $labels.node }} has {{ $labels.resource }} that nothing watches",
            "Faults and idle time there go unnoticed: look at the exporter's pod on the node.",
        ),
    ]


def _idle(monitoring: Monitoring) -> Body:
    return alert(
        "AcceleratorIdle",
        "warning",
        f"{IDLE} > 0",
        monitoring.alerts.idle_accelerator_minutes,
        "{{ $labels.namespace }}/{{ $labels.pod }} holds {{ $labels.resource }} and does not use it",
        "Ask its owner, or delete the pod: it is paid for, and others may wait for it.",
    )
