"""What every controller of ours has around its pod: a Deployment, a budget, a Service."""

from charts_src.lib.accelerators import placement
from charts_src.objects import Body


def labels(name: str) -> dict[str, str]:
    """Give the label by which Services, budgets and network policies select the pods of a controller."""
    return {"app.kubernetes.io/name": name}


def deployment(name: str, replicas: int, spec: Body, annotations: dict[str, str] | None = None) -> Body:
    """Give the Deployment of a controller, on system nodes and on as many of them as it has pods.

    A new pod is ready before an old one goes, so with leader election there is always one to take over.
    """
    return _rolling(name, replicas, spec | {"topologySpreadConstraints": [_spread(name)]}, annotations)


def single(name: str, spec: Body, annotations: dict[str, str] | None = None) -> Body:
    """Give the Deployment of a program of which one pod runs, on a system node.

    For the time of a rollout there are two, so it is never away.
    """
    return _rolling(name, 1, spec, annotations)


def bare_deployment(
    name: str,
    replicas: int,
    spec: Body,
    strategy: Body | None = None,
    annotations: dict[str, str] | None = None,
) -> Body:
    """Give a Deployment whose pods run where `spec` says; `annotations` are those of its pods."""
    metadata = {"labels": labels(name)} | ({"annotations": annotations} if annotations else {})
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name},
        "spec": {
            "replicas": replicas,
            "selector": {"matchLabels": labels(name)},
            **({"strategy": strategy} if strategy else {}),
            "template": {"metadata": metadata, "spec": spec},
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


def service(
    name: str, selected: str | dict[str, str], port: int, target: str, *, labelled: bool = True
) -> Body:
    """Give the Service `name` that leads to a named port of a controller, or of pods with some labels.

    A ServiceMonitor finds it by labels of the same name; without one it needs none.
    """
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": name} | ({"labels": labels(name)} if labelled else {}),
        "spec": {
            "type": "ClusterIP",
            "selector": labels(selected) if isinstance(selected, str) else selected,
            "ports": [service_port(port, target)],
        },
    }


def service_port(port: int, target: str) -> Body:
    """Give a port of a Service with the name of the container's port that it leads to."""
    return {"name": target, "port": port, "targetPort": target, "protocol": "TCP"}


def _rolling(name: str, replicas: int, spec: Body, annotations: dict[str, str] | None) -> Body:
    rolling = {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 1, "maxUnavailable": 0}}
    return bare_deployment(name, replicas, spec | placement("none", "system"), rolling, annotations)


def _spread(name: str) -> Body:
    return {
        "maxSkew": 1,
        "topologyKey": "kubernetes.io/hostname",
        "whenUnsatisfiable": "ScheduleAnyway",
        "labelSelector": {"matchLabels": labels(name)},
    }
