"""Exposure: ways in from outside that are open only afterwards."""

import pytest

from charts_src.review.gates.exposure import gate
from tests.review.gates.pairs import edited, found, pair

REST = "---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: rest, namespace: a}\n"
INGRESS = """apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: web
  namespace: a
  annotations:
    alb.ingress.kubernetes.io/auth-on-unauthenticated-request: authenticate
    alb.ingress.kubernetes.io/auth-type: cognito
    alb.ingress.kubernetes.io/inbound-cidrs: 10.0.0.0/8
    alb.ingress.kubernetes.io/scheme: internal
spec: {}
"""
PARAMETERS = """apiVersion: elbv2.k8s.aws/v1beta1
kind: IngressClassParams
metadata: {name: alb}
spec: {scheme: internal, inboundCIDRs: [10.0.0.0/8]}
"""
SERVICE = """apiVersion: v1
kind: Service
metadata: {name: web, namespace: a, annotations: {}}
spec: {type: LoadBalancer, loadBalancerSourceRanges: [10.0.0.0/8]}
"""
CLUSTER = """apiVersion: eksctl.io/v1alpha5
kind: ClusterConfig
metadata: {name: genai, region: us-east-2}
vpc:
  clusterEndpoints: {privateAccess: true, publicAccess: true}
  publicAccessCIDRs: [203.0.113.0/24]
"""
ALB = 'Ingress a/web: metadata.annotations["alb.ingress.kubernetes.io'
NAMES = "name the ranges that need it"


@pytest.mark.parametrize(
    ("body", "old", "new", "message"),
    [
        (
            INGRESS,
            "scheme: internal",
            "scheme: internet-facing",
            f'{ALB}/scheme"]: is internet-facing: the internet reaches it; write internal',
        ),
        (
            INGRESS,
            "inbound-cidrs: 10.0.0.0/8",
            "inbound-cidrs: 10.0.0.0/8,192.0.2.0/24",
            f'{ALB}/inbound-cidrs"]: lets in 192.0.2.0/24, which it did not; {NAMES}',
        ),
        (
            INGRESS,
            "    alb.ingress.kubernetes.io/inbound-cidrs: 10.0.0.0/8\n",
            "",
            f'{ALB}/inbound-cidrs"]: lets in 0.0.0.0/0, which it did not; {NAMES}',
        ),
        (
            INGRESS,
            "    alb.ingress.kubernetes.io/auth-type: cognito\n",
            "",
            f'{ALB}/auth-type"]: asks for no login any more; keep it, or take the path away',
        ),
        (
            INGRESS,
            "request: authenticate",
            "request: allow",
            f'{ALB}/auth-on-unauthenticated-request"]: lets in who has not logged in; write authenticate',
        ),
        (
            PARAMETERS,
            "scheme: internal",
            "scheme: internet-facing",
            "IngressClassParams alb: spec.scheme: is internet-facing: the internet reaches it; write "
            "internal",
        ),
        (
            PARAMETERS,
            ", inboundCIDRs: [10.0.0.0/8]",
            "",
            f"IngressClassParams alb: spec.inboundCIDRs: lets in 0.0.0.0/0, which it did not; {NAMES}",
        ),
        (
            SERVICE,
            "[10.0.0.0/8]",
            "[0.0.0.0/0]",
            f"Service a/web: spec.loadBalancerSourceRanges: lets in 0.0.0.0/0, which it did not; {NAMES}",
        ),
        (
            SERVICE,
            "annotations: {}",
            "annotations: {service.beta.kubernetes.io/aws-load-balancer-scheme: internet-facing}",
            'Service a/web: metadata.annotations["service.beta.kubernetes.io/aws-load-balancer-scheme"]: is '
            "internet-facing: the internet reaches it; write internal",
        ),
        (
            SERVICE,
            "spec: {type",
            "spec: {externalIPs: [192.0.2.1], type",
            "Service a/web: spec.externalIPs: takes traffic for 192.0.2.1; leave it out",
        ),
        (
            edited(SERVICE, "LoadBalancer", "ClusterIP"),
            "ClusterIP",
            "NodePort",
            "Service a/web: spec.type: is NodePort, was ClusterIP: reachable from outside; use an Ingress",
        ),
    ],
    ids=[
        "scheme",
        "another range",
        "no ranges",
        "no login",
        "optional login",
        "class",
        "ranges of the class",
        "ranges of a service",
        "scheme of a service",
        "external address",
        "node port",
    ],
)
def test_says_what_is_reachable_only_afterwards(body: str, old: str, new: str, message: str) -> None:
    assert found(gate, pair(body, edited(body, old, new))) == [f"network: {message}"]
    assert found(gate, pair(edited(body, old, new), body + REST)) == []


@pytest.mark.parametrize("ranges", ["10.1.0.0/16", "10.0.0.0/9, 10.128.0.0/9"])
def test_ranges_inside_of_those_from_before_are_none(ranges: str) -> None:
    assert found(gate, pair(INGRESS, edited(INGRESS, "10.0.0.0/8", f'"{ranges}"'))) == []


def test_a_new_way_in_may_have_its_own_ranges_but_not_all() -> None:
    assert found(gate, pair(REST, INGRESS + REST)) == []
    assert found(gate, pair(REST, edited(INGRESS, "10.0.0.0/8", "0.0.0.0/0") + REST)) == [
        f'network: {ALB}/inbound-cidrs"]: lets in 0.0.0.0/0, which it did not; {NAMES}'
    ]


@pytest.mark.parametrize(
    ("old", "new", "cidr"),
    [("203.0.113.0/24", "203.0.112.0/23", "203.0.112.0/23"), ("[203.0.113.0/24]", "[]", "0.0.0.0/0")],
)
def test_who_reaches_the_kubernetes_api_is_told(old: str, new: str, cidr: str) -> None:
    before, after = {"aws/cluster.yaml": CLUSTER}, {"aws/cluster.yaml": edited(CLUSTER, old, new)}
    assert found(gate, pair(before, after)) == [
        f"network: ClusterConfig genai: vpc.publicAccessCIDRs: the Kubernetes API lets in {cidr}, which "
        f"it did "
        f"not; {NAMES}"
    ]
    assert (
        found(gate, pair(before, {"aws/cluster.yaml": edited(CLUSTER, "publicAccess: true", "x: 1")})) == []
    )
