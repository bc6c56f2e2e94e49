"""Ways out for code that users bring: the Internet and AWS, but nothing else in the cluster or the VPC."""

from charts_src.lib import network
from charts_src.model.platform import Cluster
from charts_src.objects import Body

LINK_LOCAL = "169.254.0.0/16"
"""Addresses of the node's own services, the instance metadata among them."""

POD_IDENTITY_AGENT = "169.254.170.23/32"


def https_outside(cluster: Cluster) -> Body:
    """Give the rule for HTTPS to addresses outside the VPC; S3 has such ones, by its gateway endpoint too.

    AWS APIs behind interface endpoints have addresses in the VPC, and stay closed.
    """
    inside = [cluster.vpc_cidr, cluster.service_cidr, LINK_LOCAL]
    block = {"ipBlock": {"cidr": "0.0.0.0/0", "except": inside}}
    return {"to": [block], "ports": network.ports(443)}


def pod_identity() -> Body:
    """Give the rule for the EKS Pod Identity agent, which hands out credentials."""
    return {"to": [network.block(POD_IDENTITY_AGENT)], "ports": network.ports(80)}
