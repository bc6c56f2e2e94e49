"""What every controller has around its pod: Deployment, disruption budget, Service.

Each takes the name of the controller, which its pods carry as app.kubernetes.io/name.
"""

from typing import Any

from charts_src.objects import Body


def labels(name: str) -> dict[str, str]:
    """Give the labels that select the pods of a controller."""
    return {"app.kubernetes.io/name": name}


def deployment(name: str, replicas: int, spec: Body, annotations: dict[str, str] | None = None) -> Body:
    """Give a Deployment that rolls one pod at a time, the new one first; `spec` is a PodSpec.

    `annotations` are the pods', such as the hash of a file that is read only at the start.
    """
    metadata: Body = {"labels": labels(name)} | ({"annotations": annotations} if annotations else {})
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name},
        "spec": {
            "replicas": replicas,
            "selector": {"matchLabels": labels(name)},
            "strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 1, "maxUnavailable": 0}},
            "template": {"metadata": metadata, "spec": spec},
        },
    }


def spread(name: str) -> list[Body]:
    """Give the topologySpreadConstraints that keep the pods of a controller on different nodes."""
    return [
        {
            "maxSkew": 1,
            "topologyKey": "kubernetes.io/hostname",
            "whenUnsatisfiable": "ScheduleAnyway",
            "labelSelector": {"matchLabels": labels(name)},
        }
    ]


def disruption_budget(name: str) -> Body:
    """Let a drain take one pod at a time; with one replica it may take that one, so no drain hangs."""
    return {
        "apiVersion": "policy/v1",
        "kind": "PodDisruptionBudget",
        "metadata": {"name": name},
        "spec": {"maxUnavailable": 1, "selector": {"matchLabels": labels(name)}},
    }


def service(name: str, selected: str, port_name: str, port: int, **metadata: Any) -> Body:
    """Give a Service on one port for the controller `selected`, to the container's port of the same name."""
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": name} | metadata,
        "spec": {
            "type": "ClusterIP",
            "selector": labels(selected),
            "ports": [{"name": port_name, "port": port, "targetPort": port_name, "protocol": "TCP"}],
        },
    }
