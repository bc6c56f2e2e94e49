"""Network policies: every namespace denies all traffic, and each component allows what it needs.

Addresses are those that the Amazon VPC CNI's policy engine compares: it sees a packet before a Service
address becomes a pod's, and adds the Service addresses of selected pods itself, but not to an ipBlock.
"""

from collections.abc import Sequence
from typing import Literal

from charts_src.objects import Body

DEFAULT_DENY = "default-deny"
"""Name of the policy of every namespace that lets nothing in or out."""

ALLOW_DNS = "allow-dns"
"""Name of the policy of every namespace that lets all its pods ask for names."""

NAMESPACE_LABEL = "kubernetes.io/metadata.name"
"""Label that the API server puts on every namespace, with its name."""

LINK_LOCAL = "169.254.0.0/16"
"""Addresses of the node's own services, the instance metadata among them."""

Transport = Literal["TCP", "UDP"]


def pods(labels: dict[str, str], namespace: str | None = None) -> Body:
    """Give the peer "pods with these labels", in the policy's own namespace unless another is named."""
    peer: Body = {"podSelector": {"matchLabels": labels}}
    if namespace:
        peer["namespaceSelector"] = {"matchLabels": {NAMESPACE_LABEL: namespace}}
    return peer


def namespace_pods(namespace: str) -> Body:
    """Give the peer "all pods of this namespace"."""
    return {"namespaceSelector": {"matchLabels": {NAMESPACE_LABEL: namespace}}}


def block(cidr: str) -> Body:
    """Give the peer "addresses in this range"."""
    return {"ipBlock": {"cidr": cidr}}


def ports(*numbers: int, protocol: Transport = "TCP") -> list[Body]:
    """Give ports of a rule."""
    return [{"port": number, "protocol": protocol} for number in numbers]


def allow(
    name: str,
    selected: dict[str, str],
    *,
    ingress: Sequence[Body] = (),
    egress: Sequence[Body] = (),
    namespace: str | None = None,
) -> Body:
    """Give a policy that lets traffic to and from the pods with the labels `selected`.

    A rule is {"from" or "to": peers, "ports": ports} as Kubernetes defines it; without ports it allows all.
    """
    rules = {"ingress": list(ingress), "egress": list(egress)}
    spec = {
        "podSelector": {"matchLabels": selected} if selected else {},
        "policyTypes": [direction.capitalize() for direction, given in rules.items() if given],
        **{direction: given for direction, given in rules.items() if given},
    }
    return _policy(name, spec, namespace)


def default_deny(namespace: str) -> Body:
    """Give the policy that denies all traffic to and from every pod of a namespace."""
    return _policy(DEFAULT_DENY, {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}, namespace)


def dns_egress(namespace: str) -> Body:
    """Give the policy that lets every pod of a namespace ask the cluster's DNS."""
    dns = pods({"k8s-app": "kube-dns"}, "kube-system")
    rule = {"to": [dns], "ports": ports(53, protocol="UDP") + ports(53)}
    return allow(ALLOW_DNS, {}, egress=[rule], namespace=namespace)


def api_server_egress(vpc_cidr: str, service_cidr: str) -> Body:
    """Give the rule that lets pods reach the Kubernetes API.

    On EKS the Service `kubernetes` leads to network interfaces in the VPC, on port 443 as well.
    """
    return {"to": [block(vpc_cidr), block(service_cidr)], "ports": ports(443)}


def https_egress() -> Body:
    """Give the rule that lets pods call any address over HTTPS, inside the VPC or outside.

    Instance metadata answers on port 80 only, so this leads to no credentials of a node.
    """
    return {"to": [block("0.0.0.0/0")], "ports": ports(443)}


def aws_api_egress() -> Body:
    """Give the rule that lets pods call AWS APIs, whose addresses no range of ours covers, over TLS."""
    return https_egress()


def internet_egress(vpc_cidr: str, service_cidr: str) -> Body:
    """Give the rule that lets code that users bring call HTTPS outside the VPC, and nothing in it.

    S3 has such addresses, by its gateway endpoint too; AWS APIs behind interface endpoints stay closed.
    """
    inside = [vpc_cidr, service_cidr, LINK_LOCAL]
    outside = {"ipBlock": {"cidr": "0.0.0.0/0", "except": inside}}
    return {"to": [outside], "ports": ports(443)}


def pod_identity_egress() -> Body:
    """Give the rule that lets pods fetch credentials of their own role from the Pod Identity agent."""
    return {"to": [block("169.254.170.23/32")], "ports": ports(80)}


def _policy(name: str, spec: Body, namespace: str | None) -> Body:
    metadata = {"name": name, "namespace": namespace} if namespace else {"name": name}
    return {"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy", "metadata": metadata, "spec": spec}
