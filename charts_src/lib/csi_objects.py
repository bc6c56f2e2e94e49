"""What the CSI drivers have beside their pods: their entry in Kubernetes, permissions, budgets, monitors."""

from typing import Any

from charts_src.lib import monitoring, network
from charts_src.lib.controllers import labels
from charts_src.objects import Body


def csi_driver(name: str, **fields: Any) -> Body:
    """Describe a driver to Kubernetes, with what the API server would fill in; `fields` win over that."""
    defaults = {
        "attachRequired": False,
        "fsGroupPolicy": "ReadWriteOnceWithFSType",
        "podInfoOnMount": False,
        "requiresRepublish": False,
        "seLinuxMount": False,
        "storageCapacity": False,
        "volumeLifecycleModes": ["Persistent"],
    }
    spec = defaults | fields
    return {"apiVersion": "storage.k8s.io/v1", "kind": "CSIDriver", "metadata": {"name": name}, "spec": spec}


def pod_monitor(name: str, *endpoints: str) -> Body:
    """Have Prometheus scrape ports of a controller or a node plugin, by name; no Service is needed.

    Upstream's charts make a Service and a ServiceMonitor for each port.
    """
    body = monitoring.pod_monitor(name, labels(name), endpoints[0])
    body["spec"]["podMetricsEndpoints"] = [{"port": endpoint} for endpoint in endpoints]
    return body


def aws_egress() -> list[Body]:
    """Give the rules to call AWS APIs, and to get credentials from the EKS Pod Identity agent."""
    return [
        network.aws_api_egress(),
        network.pod_identity_egress(),
    ]
