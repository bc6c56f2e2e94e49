"""What the CSI drivers have beside their pods: their entry in Kubernetes, permissions, budgets, monitors."""

from typing import Any

from charts_src.lib import monitoring, network
from charts_src.lib.controllers import labels
from charts_src.objects import Body


def cluster_binding(name: str, account: str, namespace: str) -> Body:
    """Give an account the ClusterRole of the same name in the whole cluster."""
    return {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "ClusterRoleBinding",
        "metadata": {"name": name},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": name},
        "subjects": [{"kind": "ServiceAccount", "name": account, "namespace": namespace}],
    }


def role_binding(name: str, kind: str, account: str, home: str, namespace: str) -> Body:
    """Give an account of the namespace `home` the Role or ClusterRole `name`, in another namespace."""
    return {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "RoleBinding",
        "metadata": {"name": name, "namespace": namespace},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": kind, "name": name},
        "subjects": [{"kind": "ServiceAccount", "name": account, "namespace": home}],
    }


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
        {"to": [network.block("0.0.0.0/0")], "ports": network.ports(443)},
        {"to": [network.block("169.254.170.23/32")], "ports": network.ports(80)},
    ]
