"""How metrics get to Prometheus: what it scrapes, and the way through the network policies."""

from charts_src.lib import network
from charts_src.lib.namespaces import MONITORING
from charts_src.objects import Body

PROMETHEUS = {"app.kubernetes.io/name": "prometheus"}
"""Labels of the pods of Prometheus, in the namespace `monitoring`."""

AUTHENTICATED = "authenticated"
"""Scrape class, for the field `scrapeClass` of a monitor's spec: Prometheus shows its API token and trusts
certificates of the cluster's CA, as kubelets have them. Every other target gets no token."""

TRAINING_METRICS = {"genai-on-eks/training-metrics": "true"}
"""Label of the pods of a training job that serve the metrics of lib/training_metrics.py."""

_API = "monitoring.coreos.com/v1"


def service_monitor(name: str, selected: dict[str, str], port: str, **endpoint: object) -> Body:
    """Have Prometheus scrape the Services with these labels in the component's namespace.

    `port` is the name of a Service's port; `endpoint` are further fields of an Endpoint.
    """
    spec = {"selector": {"matchLabels": selected}, "endpoints": [{"port": port} | endpoint]}
    return {"apiVersion": _API, "kind": "ServiceMonitor", "metadata": {"name": name}, "spec": spec}


def pod_monitor(name: str, selected: dict[str, str], port: str, **endpoint: object) -> Body:
    """Have Prometheus scrape the pods with these labels in the component's namespace, without a Service.

    `port` is the name of a container's port; `endpoint` are further fields of a PodMetricsEndpoint.
    """
    spec = {"selector": {"matchLabels": selected}, "podMetricsEndpoints": [{"port": port} | endpoint]}
    return {"apiVersion": _API, "kind": "PodMonitor", "metadata": {"name": name}, "spec": spec}


def scraped(*ports: int) -> Body:
    """Give the ingress rule, for network.allow, that lets Prometheus reach these ports."""
    return {"from": [network.pods(PROMETHEUS, MONITORING)], "ports": network.ports(*ports)}


def prometheus_rule(name: str, groups: list[Body]) -> Body:
    """Have Prometheus evaluate groups of rules, each {"name": name, "rules": rules}."""
    return {
        "apiVersion": _API,
        "kind": "PrometheusRule",
        "metadata": {"name": name},
        "spec": {"groups": groups},
    }
