"""What every controller of ours has around its pod: a Deployment that rolls one by one, and a budget."""

from charts_src.lib.accelerators import placement
from charts_src.objects import Body


def labels(name: str) -> dict[str, str]:
    """Give the label by which Services, budgets and network policies select the pods of a controller."""
    return {"app.kubernetes.io/name": name}


def deployment(name: str, replicas: int, spec: Body) -> Body:
    """Give the Deployment of a controller, on system nodes and on as many of them as it has pods.

    A new pod is ready before an old one goes, so with leader election there is always one to take over.
    """
    placed = spec | placement("none", "system") | {"topologySpreadConstraints": [_spread(name)]}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name},
        "spec": {
            "replicas": replicas,
            "selector": {"matchLabels": labels(name)},
            "strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 1, "maxUnavailable": 0}},
            "template": {"metadata": {"labels": labels(name)}, "spec": placed},
        },
    }


def disruption_budget(name: str, selected: dict[str, str] | None = None) -> Body:
    """Let a drain take one pod at a time; with one replica it may take that one, so no drain hangs.

    The pods are those with the label of the controller `name`, or with the labels `selected`.
    """
    return {
        "apiVersion": "policy/v1",
        "kind": "PodDisruptionBudget",
        "metadata": {"name": name},
        "spec": {"maxUnavailable": 1, "selector": {"matchLabels": selected or labels(name)}},
    }


def service(name: str, selected: str, port: int, target: str) -> Body:
    """Give the Service `name`, with labels of the same name, that leads to a named port of a controller."""
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": name, "labels": labels(name)},
        "spec": {
            "type": "ClusterIP",
            "selector": labels(selected),
            "ports": [{"name": target, "port": port, "targetPort": target, "protocol": "TCP"}],
        },
    }


def _spread(name: str) -> Body:
    return {
        "maxSkew": 1,
        "topologyKey": "kubernetes.io/hostname",
        "whenUnsatisfiable": "ScheduleAnyway",
        "labelSelector": {"matchLabels": labels(name)},
    }
