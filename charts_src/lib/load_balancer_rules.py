"""What the AWS Load Balancer Controller may do in the cluster.

Source: aws-load-balancer-controller v3.5.0, helm/aws-load-balancer-controller/templates/rbac.yaml; which rule
is for what: pkg and controllers.
"""

from charts_src.lib.rbac import READ, Rule

_GROUP = "elbv2.k8s.aws"

RULES = (
    Rule("", ("events",), ("create", "patch")),
    Rule("", ("namespaces", "nodes", "pods", "services"), READ),
    Rule("discovery.k8s.io", ("endpointslices",), READ),
    Rule(_GROUP, ("ingressclassparams",), READ),
    Rule(_GROUP, ("targetgroupbindings",), ("create", "delete", *READ, "patch", "update")),
    Rule(_GROUP, ("targetgroupbindings/status",), ("patch", "update")),
    Rule("networking.k8s.io", ("ingressclasses",), READ),
    Rule("networking.k8s.io", ("ingresses",), (*READ, "patch", "update")),
    Rule("networking.k8s.io", ("ingresses/status",), ("patch", "update")),
)
"""Upstream's ClusterRole without what this installation never does:

- gateway.k8s.aws, gateway.networking.k8s.io, aga.k8s.aws, albtargetcontrolconfigs: their gates are off.
- services and services/status, to change them: the controller of Services is off.
- pods/status: only for readiness gates, which are not injected.
- configmaps: only for target groups that several clusters share.
- endpoints: endpoint slices are watched instead (--enable-endpoint-slices, true by default).
- extensions, the old group of Ingresses: no Kubernetes that we render for has it.
"""

LEADER_ELECTION = (
    Rule(
        "coordination.k8s.io",
        ("leases",),
        ("get", "patch", "update"),
        ("aws-load-balancer-controller-leader",),
    ),
    Rule("coordination.k8s.io", ("leases",), ("create",)),
)
"""Upstream's Role without configmaps: the lock is a Lease (pkg/config/runtime_config.go)."""


def login_secret(name: str) -> tuple[Rule, ...]:
    """Give the rule to read the OpenID Connect client; the controller watches this one name (pkg/k8s)."""
    return (Rule("", ("secrets",), READ, (name,)),)
