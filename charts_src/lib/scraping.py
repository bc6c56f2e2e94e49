"""What Prometheus scrapes beside the monitors of the components: kubelets, and the pods of training jobs."""

from collections.abc import Iterator

from charts_src.lib import network
from charts_src.lib.monitoring import AUTHENTICATED, TRAINING_METRICS, scraped
from charts_src.lib.training_metrics import JOB_LABEL, PORT, PORT_NAME, TRAINING_NAMESPACES
from charts_src.objects import Body

KUBELET = 10250
"""Port of the kubelet on each node."""

KUBELET_METRICS = (
    "kubelet_node_name",
    "kubelet_running_pods",
    "kubelet_volume_stats_.+",
)
"""What is kept of a kubelet's own metrics; most are of use to developers of the kubelet only."""

CONTAINER_METRICS = (
    "container_cpu_cfs_(periods|throttled_periods)_total",
    "container_cpu_usage_seconds_total",
    "container_memory_working_set_bytes",
    "container_network_(receive|transmit)_bytes_total",
    "container_oom_events_total",
)
"""What is kept of cAdvisor's metrics, which are most of all series of a cluster otherwise."""

_INDEX_META = "__meta_kubernetes_pod_label_training_kubeflow_org_replica_index"
_JOB_META = "__meta_kubernetes_pod_label_genai_on_eks_training_job"
"""How service discovery names JOB_LABEL."""


def kubelets() -> Iterator[Body]:
    """Scrape the kubelet of every node, and cAdvisor in it.

    Prometheus finds the nodes itself. Upstream's operator keeps a list of them in the namespace kube-system
    instead, for which it may write Endpoints there. Certificates are checked: AL2023 nodes ask the cluster
    for them (serverTLSBootstrap, amazon-eks-ami nodeadm/internal/kubelet/config.go).
    """
    yield _node_targets("kubelet", "/metrics", KUBELET_METRICS)
    yield _node_targets("cadvisor", "/metrics/cadvisor", CONTAINER_METRICS)


def training_jobs() -> Iterator[Body]:
    """Scrape the pods of training jobs that serve the metrics of lib/training_metrics.py."""
    job = {
        "action": "replace",
        "sourceLabels": [_JOB_META],
        "targetLabel": "training_job",
    }
    # Of the workers of an MPIJob, which are all alike, the first one reports.
    others = {"action": "drop", "sourceLabels": [_INDEX_META], "regex": "[1-9][0-9]*"}
    yield {
        "apiVersion": "monitoring.coreos.com/v1",
        "kind": "PodMonitor",
        "metadata": {"name": "training-jobs"},
        "spec": {
            "namespaceSelector": {"matchNames": list(TRAINING_NAMESPACES)},
            "selector": {
                "matchExpressions": [{"key": JOB_LABEL, "operator": "Exists"}],
                "matchLabels": TRAINING_METRICS,
            },
            "podMetricsEndpoints": [{"port": PORT_NAME, "relabelings": [others, job]}],
        },
    }
    for namespace in TRAINING_NAMESPACES:
        yield network.allow(
            "allow-training-metrics", TRAINING_METRICS, ingress=[scraped(PORT)], namespace=namespace
        )


def _node_targets(name: str, path: str, kept: tuple[str, ...]) -> Body:
    """Keep the metrics that match, and name the node as other metrics do."""
    return {
        "apiVersion": "monitoring.coreos.com/v1alpha1",
        "kind": "ScrapeConfig",
        "metadata": {"name": name},
        "spec": {
            "jobName": name,
            "kubernetesSDConfigs": [{"role": "Node"}],
            "scheme": "HTTPS",
            "scrapeClass": AUTHENTICATED,
            "metricsPath": path,
            "honorLabels": True,
            "honorTimestamps": False,
            "relabelings": [
                {"action": "replace", "sourceLabels": ["__meta_kubernetes_node_name"], "targetLabel": "node"}
            ],
            "metricRelabelings": [
                {"action": "keep", "sourceLabels": ["__name__"], "regex": "|".join(kept)},
            ],
        },
    }
