"""Ray: requests to Serve, replicas, clusters below. Metrics: serve_dashboard_panels.py of Ray 2.60.0."""

from charts_src.lib.alerts.serving import ERRORS, HEALTHY, LATENCY, QUEUED, REQUESTS
from charts_src.lib.dashboards.panel import NAMESPACE, Query, dashboard, graph, stat

_CHOSEN = f'namespace=~"{NAMESPACE}"'
_APPLICATION = "{{namespace}}/{{application}}"
_DEPLOYMENT = f"{_APPLICATION}/{{{{deployment}}}}"


def _of(metric: str) -> str:
    """Limit a metric to the chosen namespaces."""
    name, _, rest = metric.partition("{")
    return f"{name}{{{_CHOSEN}{',' + rest if rest else '}'}"


def _quantile(part: float) -> Query:
    buckets = f"sum by (namespace, application, le) (rate({_of(LATENCY)}[5m]))"
    return Query(f"histogram_quantile({part}, {buckets}) / 1000", f"{_APPLICATION} p{part * 100:g}")


DASHBOARD = dashboard(
    "ray",
    "Ray",
    (
        stat("Requests", "reqps", f"sum(rate({_of(REQUESTS)}[5m]))"),
        stat(
            "Failed requests",
            "percentunit",
            f"sum(rate({_of(ERRORS)}[5m])) / sum(rate({_of(REQUESTS)}[5m]))",
        ),
        stat("Requests that wait", "short", f"sum({_of(QUEUED)})"),
        stat("Healthy replicas", "short", f"sum({_of(HEALTHY)})"),
        graph(
            "Requests by application",
            "reqps",
            Query(f"sum by (namespace, application) (rate({_of(REQUESTS)}[5m]))", _APPLICATION),
        ),
        graph(
            "Errors by application",
            "reqps",
            Query(
                f"sum by (namespace, application, error_code) (rate({_of(ERRORS)}[5m]))",
                f"{_APPLICATION} {{{{error_code}}}}",
            ),
        ),
        graph("Latency", "s", _quantile(0.5), _quantile(0.99)),
        graph(
            "Requests that wait for a replica",
            "short",
            Query(f"sum by (namespace, application, deployment) ({_of(QUEUED)})", _DEPLOYMENT),
        ),
        graph(
            "Replicas",
            "short",
            Query(f"sum by (namespace, application, deployment) ({_of(HEALTHY)})", _DEPLOYMENT),
        ),
        graph(
            "Workers of each cluster",
            "short",
            Query(f"max by (namespace, name) (kube_raycluster_workers_ready{{{_CHOSEN}}})", "{{name}} ready"),
            Query(
                f"max by (namespace, name) (kube_raycluster_workers_desired{{{_CHOSEN}}})", "{{name}} wanted"
            ),
        ),
        graph(
            "CPU of Ray's nodes",
            "percent",
            Query(
                f"avg by (namespace, pod) (ray_node_cpu_utilization{{{_CHOSEN}}})", "{{namespace}}/{{pod}}"
            ),
        ),
        graph(
            "Object store in use",
            "bytes",
            Query(
                f"sum by (namespace, Location) (ray_object_store_memory{{{_CHOSEN}}})",
                "{{namespace}} {{Location}}",
            ),
        ),
        graph(
            "Memory of Ray's nodes",
            "percentunit",
            Query(
                f"""sum by (namespace, pod) (ray_node_mem_used{{{_CHOSEN}}})
                / sum by (namespace, pod) (ray_node_mem_total{{{_CHOSEN}}})""",
                "{{namespace}}/{{pod}}",
            ),
        ),
        graph(
            "Tasks by state",
            "short",
            Query(f"sum by (namespace, State) (ray_tasks{{{_CHOSEN}}})", "{{namespace}} {{State}}"),
        ),
    ),
    "ray_node_cpu_utilization",
)
