"""NVIDIA GPUs: use, memory, heat, faults. Metrics: etc/default-counters.csv of NVIDIA/dcgm-exporter."""

from charts_src.lib.alerts.accelerators import ALLOCATABLE, GPU, IDLE, POD_GPU, REQUESTED, XID
from charts_src.lib.dashboards.panel import NAMESPACE, Query, dashboard, graph, stat, table

_OF_GPU = "{{node}} GPU {{gpu}}"
_CHOSEN = f'{{namespace=~"{NAMESPACE}"}}'
_REQUESTED = f'{REQUESTED}{{namespace=~"{NAMESPACE}",resource="{GPU}"}}'
_IDLE = f'{IDLE}{{namespace=~"{NAMESPACE}",resource="{GPU}"}}'

DASHBOARD = dashboard(
    "gpu",
    "GPUs",
    (
        stat(
            "GPUs in the cluster",
            "short",
            f'sum(max by (node) ({ALLOCATABLE}{{resource="{GPU}"}})) or vector(0)',
        ),
        stat("GPUs held by pods", "short", f"sum({_REQUESTED}) or vector(0)"),
        stat("GPUs held and idle", "short", f"sum({_IDLE}) or vector(0)", "Utilization is below 1 %."),
        stat("Mean utilization of held GPUs", "percentunit", f"avg({POD_GPU}{_CHOSEN})"),
        graph("Utilization by pod", "percentunit", Query(f"{POD_GPU}{_CHOSEN}", "{{namespace}}/{{pod}}")),
        graph(
            "Tensor cores in use",
            "percentunit",
            Query("max by (node, gpu) (DCGM_FI_PROF_PIPE_TENSOR_ACTIVE)", _OF_GPU),
            description="How much of the time the tensor cores compute. Needs the profiling metrics of "
            "dcgm-exporter.",
        ),
        graph(
            "Memory in use",
            "percentunit",
            Query(
                """max by (node, gpu) (DCGM_FI_DEV_FB_USED)
                / (max by (node, gpu) (DCGM_FI_DEV_FB_USED) + max by (node, gpu) (DCGM_FI_DEV_FB_FREE))""",
                _OF_GPU,
            ),
        ),
        graph("Temperature", "celsius", Query("max by (node, gpu) (DCGM_FI_DEV_GPU_TEMP)", _OF_GPU)),
        graph("Power", "watt", Query("max by (node, gpu) (DCGM_FI_DEV_POWER_USAGE)", _OF_GPU)),
        graph("Clock", "hertz", Query("max by (node, gpu) (DCGM_FI_DEV_SM_CLOCK) * 1e6", _OF_GPU)),
        table("Last XID of each GPU that has one", "short", f"max by (node, gpu, xid) ({XID})"),
        table("Pods with idle GPUs", "short", f"max by (namespace, pod, node) ({_IDLE})"),
    ),
    REQUESTED,
)
