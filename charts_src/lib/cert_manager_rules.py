"""What cert-manager's programs may do: upstream's rules without the controllers that are off.

Source: cert-manager v1.21.2, deploy/charts/cert-manager/templates/{rbac,cainjector-rbac,webhook-rbac}.yaml.
"""

from charts_src.lib.rbac import READ, Rule

_API = "cert-manager.io"

CONTROLLER_RULES = (
    Rule("", ("events",), ("create", "patch")),
    Rule("acme.cert-manager.io", ("challenges",), READ),
    Rule(_API, ("certificaterequests", "certificates", "clusterissuers", "issuers"), READ),
    Rule(_API, ("certificaterequests",), ("create", "delete")),
    Rule(
        _API,
        (
            "certificaterequests",
            "certificaterequests/status",
            "certificates",
            "certificates/status",
            "issuers",
            "issuers/status",
        ),
        ("patch", "update"),
    ),
    Rule(_API, ("certificaterequests/finalizers", "certificates/finalizers"), ("update",)),
    Rule(_API, ("signers",), ("approve",), ("issuers.cert-manager.io/*",)),
)
"""Rules of the controllers that are on.

- challenges: the collector of metrics lists them, whether the ACME controllers run or not.
- clusterissuers: watched by every issuing controller that is not limited to one namespace; there are none.
- certificaterequests, create and delete: upstream grants them with ingress-shim, but the request manager
  needs them as well.
- signers: requests to Issuers are approved, those to ClusterIssuers are not.
"""

READ_SECRETS = (Rule("", ("secrets",), READ),)
"""In the whole cluster: the informer watches all namespaces, only the metadata of Secrets not its own."""

WRITE_SECRETS = (Rule("", ("secrets",), ("create", "delete", "patch", "update")),)
"""In each namespace with certificates."""

CAINJECTOR_RULES = (
    Rule("", ("events",), ("create", "get", "patch", "update")),
    Rule("", ("secrets",), READ),
    Rule(
        "admissionregistration.k8s.io",
        ("mutatingwebhookconfigurations", "validatingwebhookconfigurations"),
        (*READ, "patch", "update"),
    ),
    Rule(_API, ("certificates",), READ),
    Rule("apiextensions.k8s.io", ("customresourcedefinitions",), ("get",), ("certificates.cert-manager.io",)),
)
"""Without injection into APIServices and CustomResourceDefinitions: none of ours has a webhook, and both are
off by flag.

- customresourcedefinitions: the program ends at once unless it may ask whether Certificates are defined
  (cmd/cainjector/app/controller.go of the repository at v1.21.1).
"""

REVIEW = (Rule("authorization.k8s.io", ("subjectaccessreviews",), ("create",)),)
"""Who approves a CertificateRequest must be allowed to."""

SERVING = (
    Rule("", ("secrets",), (*READ, "update"), ("cert-manager-webhook-ca",)),
    Rule("", ("secrets",), ("create",)),
)
"""The webhook keeps its CA in that Secret; a name can't be demanded of what is created."""


def leader_election(*leases: str) -> tuple[Rule, ...]:
    """Give the rules to elect a leader through these Leases."""
    group = "coordination.k8s.io"
    return (
        Rule(group, ("leases",), ("get", "patch", "update"), leases),
        Rule(group, ("leases",), ("create",)),
    )
