"""Who may talk to the pods of a Ray cluster that runs what users bring."""

from collections.abc import Sequence

from charts_src.lib import monitoring, network, ray
from charts_src.lib.namespaces import KUBERAY_SYSTEM
from charts_src.model import Environment
from charts_src.objects import Body


def policies(env: Environment, name: str, head_ingress: Sequence[Body] = ()) -> tuple[Body, ...]:
    """Let the pods of a cluster talk to each other and out, the operator and more callers to its head."""
    pods = {ray.INSTANCE_LABEL: name}
    peers = [network.pods(pods)]
    operator = network.pods({"app.kubernetes.io/name": ray.OPERATOR}, KUBERAY_SYSTEM)
    outside = [
        network.internet_egress(env.cluster.vpc_cidr, env.cluster.service_cidr),
        *([network.pod_identity_egress()] if env.storage else []),
    ]
    return (
        network.allow(
            f"{name}-cluster",
            pods,
            ingress=[{"from": peers}, monitoring.scraped(ray.METRICS)],
            egress=[{"to": peers}, *outside],
        ),
        network.allow(
            f"{name}-head",
            pods | ray.HEAD,
            ingress=[{"from": [operator], "ports": network.ports(ray.DASHBOARD)}, *head_ingress],
        ),
    )
