"""The DCGM exporter, which gives Prometheus the metrics of each GPU and of the pod that uses it.

Source: NVIDIA/dcgm-exporter at tag 4.5.3-4.8.2, deployment/ (chart 4.8.2), pkg/cmd/app.go (flags),
internal/pkg/transformation (which pod has which GPU).

Differences from the chart:

- Nodes: those with GPUs, with any taint. The chart runs it everywhere but on tainted nodes.
- Counters: our own list, mounted as a directory; the exporter gets no API token, and there is no Role to
  read a ConfigMap, which only the argument -m would need.
- KUBERNETES_VIRTUAL_GPUS and NVIDIA_RESOURCE_NAMES: where a pool shares GPUs by time-slicing or MPS. Without
  them the exporter skips nvidia.com/gpu.shared, and all but one pod of a GPU. MIG slices it knows by itself.
- A PodMonitor instead of Service and ServiceMonitor. The metrics' own labels namespace, pod and container
  win, and the exporter's are dropped, so a GPU without them is one that no pod uses.
- Memory: 1 GiB, twice the chart's limit, for eight GPUs with profiling and two sets of series while it
  renders.
"""

from charts_src.lib import monitoring, network, rbac
from charts_src.lib.accelerators import selection
from charts_src.lib.config_maps import config_map, config_volume
from charts_src.lib.controllers import labels
from charts_src.lib.gpu_sharing import SHARED_GPU
from charts_src.lib.images import image
from charts_src.lib.namespaces import ACCELERATORS
from charts_src.lib.node_agents import agent, daemon_set, has_accelerator
from charts_src.lib.nvidia import shares
from charts_src.lib.pod import container, host_path, http_probe, mount, node_name, pod, port, requests
from charts_src.manifest import Component
from charts_src.model import Environment
from charts_src.objects import Body

NAME = "dcgm-exporter"
PORT = 9400
_PODS = "/var/lib/kubelet/pod-resources"

COUNTERS = (
    ("DCGM_FI_DEV_GPU_UTIL", "gauge", "Time in which a kernel ran (in %)."),
    ("DCGM_FI_PROF_GR_ENGINE_ACTIVE", "gauge", "Ratio of time in which the compute engine was active."),
    ("DCGM_FI_PROF_SM_ACTIVE", "gauge", "Ratio of cycles in which a multiprocessor had a warp."),
    ("DCGM_FI_PROF_PIPE_TENSOR_ACTIVE", "gauge", "Ratio of cycles in which the tensor pipe was active."),
    ("DCGM_FI_PROF_DRAM_ACTIVE", "gauge", "Ratio of cycles in which the memory interface was active."),
    ("DCGM_FI_PROF_PCIE_TX_BYTES", "gauge", "Bytes sent over PCIe per second."),
    ("DCGM_FI_PROF_PCIE_RX_BYTES", "gauge", "Bytes received over PCIe per second."),
    ("DCGM_FI_DEV_FB_USED", "gauge", "Memory used (in MiB)."),
    ("DCGM_FI_DEV_FB_FREE", "gauge", "Memory free (in MiB)."),
    ("DCGM_FI_DEV_SM_CLOCK", "gauge", "Clock of the multiprocessors (in MHz)."),
    ("DCGM_FI_DEV_GPU_TEMP", "gauge", "Temperature of the GPU (in C)."),
    ("DCGM_FI_DEV_MEMORY_TEMP", "gauge", "Temperature of the memory (in C)."),
    ("DCGM_FI_DEV_POWER_USAGE", "gauge", "Power draw (in W)."),
    ("DCGM_FI_DEV_TOTAL_ENERGY_CONSUMPTION", "counter", "Energy since boot (in mJ)."),
    ("DCGM_FI_DEV_POWER_VIOLATION", "counter", "Throttling for power (in ns)."),
    ("DCGM_FI_DEV_THERMAL_VIOLATION", "counter", "Throttling for heat (in ns)."),
    ("DCGM_FI_DEV_XID_ERRORS", "gauge", "Number of the last XID error."),
    ("DCGM_FI_DEV_ECC_DBE_VOL_TOTAL", "counter", "Double-bit memory errors since boot."),
    ("DCGM_FI_DEV_UNCORRECTABLE_REMAPPED_ROWS", "counter", "Rows remapped for uncorrectable errors."),
    ("DCGM_FI_DEV_CORRECTABLE_REMAPPED_ROWS", "counter", "Rows remapped for correctable errors."),
    ("DCGM_FI_DEV_ROW_REMAP_FAILURE", "gauge", "Whether remapping of rows has failed."),
    ("DCGM_FI_DEV_PCIE_REPLAY_COUNTER", "counter", "Retries on PCIe."),
    ("DCGM_FI_DEV_NVLINK_BANDWIDTH_TOTAL", "counter", "Traffic over all NVLinks."),
    ("DCGM_FI_DRIVER_VERSION", "label", "Version of the driver."),
)
"""DCGM field, type, help: utilization as profiling sees it, memory, throttling, and what breaks before a GPU
does. The profiling fields need SYS_ADMIN; a GPU has room for one profiler at a time."""


class DcgmExporter(Component):
    """The exporter on every node with GPUs."""

    name = NAME
    target_namespace = ACCELERATORS

    @classmethod
    def enabled(cls, env: Environment) -> bool:
        """Say whether a pool has GPUs."""
        return has_accelerator(env, "nvidia")

    def versions(self) -> dict[str, str]:
        """Name the version of the exporter."""
        return {"dcgm-exporter": self.env.accelerators.nvidia.dcgm_exporter_version}

    def compose(self) -> None:
        """Add the exporter, and the way of Prometheus to it."""
        rbac.service_account(self, NAME)
        counters = "".join(f"{', '.join(counter)}\n" for counter in COUNTERS)
        self.add(config_map(NAME, {"counters.csv": counters}))
        self.add(daemon_set(NAME, _pod(self.env), counters))
        self.add(_pod_monitor())
        self.add(network.allow(NAME, labels(NAME), ingress=[monitoring.scraped(PORT)]))


def _pod_monitor() -> Body:
    relabelings = [
        {
            "action": "replace",
            "sourceLabels": ["__meta_kubernetes_pod_node_name"],
            "targetLabel": "node",
        },
        {"action": "labeldrop", "regex": "namespace|pod|container"},
    ]
    return monitoring.pod_monitor(
        NAME, labels(NAME), "metrics", honorLabels=True, interval="15s", relabelings=relabelings
    )


def _pod(env: Environment) -> Body:
    spec = pod(
        _container(env),
        serviceAccountName=NAME,
        volumes=[
            host_path("pod-resources", _PODS, "Directory"),
            config_volume("counters", NAME),
        ],
        **agent(),
        **selection(["nvidia"]),
    )
    return spec | {"securityContext": {"seccompProfile": {"type": "RuntimeDefault"}}}


def _container(env: Environment) -> Body:
    """Describe the exporter; root, which alone gets SYS_ADMIN, and no other capability."""
    version = env.accelerators.nvidia.dcgm_exporter_version
    shared = [
        {"name": "KUBERNETES_VIRTUAL_GPUS", "value": "true"},
        {"name": "NVIDIA_RESOURCE_NAMES", "value": SHARED_GPU},
    ]
    return container(
        NAME,
        image(env, f"nvcr.io/nvidia/k8s/dcgm-exporter:{version}-distroless"),
        args=["-f", "/etc/counters/counters.csv"],
        env=[
            {"name": "DCGM_EXPORTER_LISTEN", "value": f":{PORT}"},
            {"name": "DCGM_EXPORTER_KUBERNETES", "value": "true"},
            node_name(),
            *(shared if shares(env, "time-slicing") or shares(env, "mps") else []),
        ],
        ports=[port("metrics", PORT)],
        livenessProbe=http_probe("/health", "metrics", initialDelaySeconds=45, periodSeconds=10),
        readinessProbe=http_probe("/health", "metrics", initialDelaySeconds=45),
        securityContext={
            "allowPrivilegeEscalation": False,
            "capabilities": {"drop": ["ALL"], "add": ["SYS_ADMIN"]},
            "runAsNonRoot": False,
            "runAsUser": 0,
        },
        volumeMounts=[
            mount("pod-resources", _PODS, readOnly=True),
            mount("counters", "/etc/counters", readOnly=True),
        ],
        resources=requests("100m", "256Mi", "1Gi"),
    )
