"""What all our RayServices have in common: the object, its worker groups, who may reach its pods, and drains.

The operator makes a Ray cluster of each RayService, and for a change that can't be made in place a second
one; its Service <name>-serve-svc turns to that when it is ready.

Sources: ray-operator v1.6.2, apis/ray/v1 and controllers/ray; ray/serve/schema.py of Ray 2.60.0, which
ignores unknown fields without a word.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

from charts_src.emit import emit
from charts_src.lib import monitoring, network, ray
from charts_src.lib.ingress import IDLE_TIMEOUT_SECONDS
from charts_src.lib.namespaces import KUBERAY_SYSTEM
from charts_src.model import Environment
from charts_src.objects import Body

HEAD_CPU = "2"
HEAD_MEMORY = "8Gi"

GROUP_LABEL = "ray.io/group"
"""Label that the operator gives pods, with the name of their worker group."""

DEPLOYMENT: Body = {
    "health_check_period_s": 10,
    "health_check_timeout_s": 30,
    "backpressure_config": {"status_code": 429, "retry_after_s": 5},
}
"""What all deployments have. Without backpressure_config Serve says 503 when as many requests wait as may,
which also means that nothing runs; with it clients wait as long as they are told."""


class Served(NamedTuple):
    """A RayService, apart from what it serves and on which workers."""

    name: str
    image: str
    ray_version: str
    request_timeout_seconds: int


def ray_service(service: Served, config: Body, groups: Sequence[Body]) -> Body:
    """Keep the cluster of an old version until the load balancer has let its requests finish."""
    spec = {
        "serveConfigV2": emit(config),
        "upgradeStrategy": {"type": "NewCluster"},
        "rayClusterDeletionDelaySeconds": service.request_timeout_seconds + 60,
        "excludeHeadPodFromServeSvc": True,
        "rayClusterConfig": {
            "rayVersion": service.ray_version,
            "authOptions": {"mode": "token"},
            "enableInTreeAutoscaling": True,
            "autoscalerOptions": ray.autoscaler_options(),
            "headGroupSpec": ray.head_group(service.name, service.image, HEAD_CPU, HEAD_MEMORY),
            "workerGroupSpecs": list(groups),
        },
    }
    return {
        "apiVersion": "ray.io/v1",
        "kind": "RayService",
        "metadata": {"name": service.name},
        "spec": spec,
    }


def serve_config(request_timeout_seconds: int, application: Body) -> Body:
    """Give the configuration of Serve with one application.

    The keep-alive is longer than the load balancer's, which otherwise sends requests into connections that
    are being closed.
    """
    return {
        "proxy_location": "EveryNode",
        "http_options": {
            "host": "0.0.0.0",  # noqa: S104  # the load balancer calls the pod's address
            "port": ray.SERVE,
            "request_timeout_s": request_timeout_seconds,
            "keep_alive_timeout_s": IDLE_TIMEOUT_SECONDS + 10,
        },
        "logging_config": {"encoding": "JSON", "log_level": "INFO"},
        "applications": [application],
    }


def worker_group(name: str, smallest: int, largest: int, template: Body) -> Body:
    """Give a worker group between two sizes.

    The operator writes the object back with an empty scaleStrategy; left out, it would own the whole list.
    """
    return {
        "groupName": name,
        "replicas": smallest,
        "minReplicas": smallest,
        "maxReplicas": largest,
        "numOfHosts": 1,
        "scaleStrategy": {},
        "rayStartParams": {"object-store-memory": str(ray.OBJECT_STORE_BYTES)},
        "template": template,
    }


def draining(seconds: int) -> dict[str, Any]:
    """Give the container field with which requests finish before Ray is stopped.

    The shell that Ray runs in would not pass the signal on. The pod needs as many seconds, and some, as
    terminationGracePeriodSeconds: grace_period().
    """
    return {
        "lifecycle": {"preStop": {"exec": {"command": ["/bin/sh", "-c", f"sleep {seconds} && ray stop"]}}}
    }


def grace_period(seconds: int) -> int:
    """Give terminationGracePeriodSeconds of a pod that drains so long."""
    return seconds + 30


def network_policies(env: Environment, service: str, callers: Sequence[Body] = ()) -> tuple[Body, ...]:
    """Open the Serve port to the load balancer and to `callers`, the dashboard to the operator, no more."""
    pods = {ray.INSTANCE_LABEL: service}
    operator = network.pods({"app.kubernetes.io/name": ray.OPERATOR}, KUBERAY_SYSTEM)
    balancer = network.block(env.cluster.vpc_cidr)
    api_server = network.api_server_egress(env.cluster.vpc_cidr, env.cluster.service_cidr)
    peers = [network.pods(pods)]
    return (
        network.allow(
            f"{service}-cluster",
            pods,
            ingress=[{"from": peers}, monitoring.scraped(ray.METRICS)],
            egress=[{"to": peers}],
        ),
        network.allow(
            f"{service}-head",
            pods | ray.HEAD,
            ingress=[{"from": [operator], "ports": network.ports(ray.DASHBOARD)}],
            egress=[api_server],
        ),
        network.allow(
            f"{service}-worker",
            pods | ray.WORKER,
            ingress=[{"from": [balancer, *callers], "ports": network.ports(ray.SERVE)}],
            egress=[network.aws_api_egress(), network.pod_identity_egress()],
        ),
    )


def disruption_budget(name: str, labels: dict[str, str], workers: int) -> Body:
    """Let a drain take one worker; maxUnavailable needs an owner with scale, which a RayCluster has not."""
    return {
        "apiVersion": "policy/v1",
        "kind": "PodDisruptionBudget",
        "metadata": {"name": name},
        "spec": {"minAvailable": workers - 1, "selector": {"matchLabels": labels | ray.WORKER}},
    }
