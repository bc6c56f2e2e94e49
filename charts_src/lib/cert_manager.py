"""The pods of cert-manager and the configuration of its webhook.

Source: cert-manager v1.21.2, deploy/charts/cert-manager/templates. Different from upstream: requests and
limits are set, replicas elect in cert-manager's own namespace instead of kube-system, and the controllers are
named.
"""

from collections.abc import Iterator

from charts_src.lib.images import image
from charts_src.lib.namespaces import CERT_MANAGER
from charts_src.lib.pod import container, http_probe, pod, port, resources
from charts_src.model import Environment
from charts_src.objects import Body

CONTROLLER = "cert-manager"
CAINJECTOR = "cert-manager-cainjector"
WEBHOOK = "cert-manager-webhook"
"""Names of the programs, also as app.kubernetes.io/name of their pods."""

_API = "cert-manager.io"

METRICS = 9402
HTTPS = 10250

CONTROLLERS = (
    "certificaterequests-approver",
    "certificaterequests-issuer-ca",
    "certificaterequests-issuer-selfsigned",
    "certificates-issuing",
    "certificates-key-manager",
    "certificates-metrics",
    "certificates-readiness",
    "certificates-request-manager",
    "certificates-revision-manager",
    "certificates-trigger",
    "issuers",
)
"""The default controllers without ACME (orders, challenges, its issuer), ingress-shim, ClusterIssuers, Vault
and Venafi."""

_USER = 65532
"""User "nonroot" of the distroless images that upstream builds on."""


def pods(env: Environment) -> dict[str, Body]:
    """Give the PodSpec of each program by its name."""
    return {CONTROLLER: _controller(env), CAINJECTOR: _cainjector(env), WEBHOOK: _webhook(env)}


def webhook_configurations() -> Iterator[Body]:
    """Give the two configurations; if the webhook is down, cert-manager's own kinds can't be written.

    A CertificateRequest must say who made it, which the first fills in, so neither may be skipped.
    """
    groups = {"Mutating": [_API], "Validating": ["acme.cert-manager.io", _API]}
    for kind, api_groups in groups.items():
        mutating = kind == "Mutating"
        rule = {
            "apiGroups": api_groups,
            "apiVersions": ["v1"],
            "operations": ["CREATE"] if mutating else ["CREATE", "UPDATE"],
            "resources": ["certificaterequests"] if mutating else ["*/*"],
            "scope": "*",
        }
        yield {
            "apiVersion": "admissionregistration.k8s.io/v1",
            "kind": f"{kind}WebhookConfiguration",
            "metadata": {
                "name": WEBHOOK,
                "annotations": {
                    "cert-manager.io/inject-ca-from-secret": f"{CERT_MANAGER}/cert-manager-webhook-ca"
                },
            },
            "webhooks": [_webhook_entry("/mutate" if mutating else "/validate", rule)],
        }


def _webhook_entry(path: str, rule: Body) -> Body:
    service = {"namespace": CERT_MANAGER, "name": WEBHOOK, "path": path, "port": 443}
    entry = {
        "name": "webhook.cert-manager.io",
        "admissionReviewVersions": ["v1"],
        "clientConfig": {"service": service},
        "failurePolicy": "Fail",
        "matchPolicy": "Equivalent",
        "namespaceSelector": {},
        "objectSelector": {},
        "rules": [rule],
        "sideEffects": "None",
        "timeoutSeconds": 10,
    }
    return entry | ({"reinvocationPolicy": "Never"} if path == "/mutate" else {})


def _controller(env: Environment) -> Body:
    main = container(
        "cert-manager-controller",
        image(env, f"quay.io/jetstack/cert-manager-controller:v{env.cert_manager.version}"),
        args=[
            "--v=2",
            f"--cluster-resource-namespace={CERT_MANAGER}",
            f"--leader-election-namespace={CERT_MANAGER}",
            f"--controllers={','.join(CONTROLLERS)}",
        ],
        ports=[port("http-metrics", METRICS), port("http-healthz", 9403)],
        livenessProbe=http_probe(
            "/livez",
            "http-healthz",
            initialDelaySeconds=10,
            timeoutSeconds=15,
            failureThreshold=8,
        ),
        resources=resources("50m", "256Mi"),
    )
    return _pod(CONTROLLER, main)


def _cainjector(env: Environment) -> Body:
    """Give the CA injector's pod; like upstream's it has no probe, as it serves nothing but metrics."""
    main = container(
        "cert-manager-cainjector",
        image(env, f"quay.io/jetstack/cert-manager-cainjector:v{env.cert_manager.version}"),
        args=[
            "--v=2",
            f"--leader-election-namespace={CERT_MANAGER}",
            "--enable-apiservices-injectable=false",
            "--enable-customresourcedefinitions-injectable=false",
        ],
        ports=[port("http-metrics", METRICS)],
        resources=resources("50m", "256Mi"),
    )
    return _pod(CAINJECTOR, main)


def _webhook(env: Environment) -> Body:
    names = (WEBHOOK, f"{WEBHOOK}.{CERT_MANAGER}", f"{WEBHOOK}.{CERT_MANAGER}.svc")
    main = container(
        "cert-manager-webhook",
        image(env, f"quay.io/jetstack/cert-manager-webhook:v{env.cert_manager.version}"),
        args=[
            "--v=2",
            f"--secure-port={HTTPS}",
            f"--dynamic-serving-ca-secret-namespace={CERT_MANAGER}",
            "--dynamic-serving-ca-secret-name=cert-manager-webhook-ca",
            *(f"--dynamic-serving-dns-names={name}" for name in names),
        ],
        ports=[port("https", HTTPS), port("healthcheck", 6080), port("http-metrics", METRICS)],
        livenessProbe=http_probe("/livez", "healthcheck", initialDelaySeconds=60),
        readinessProbe=http_probe("/healthz", "healthcheck", initialDelaySeconds=5, periodSeconds=5),
        resources=resources("50m", "128Mi"),
    )
    return _pod(WEBHOOK, main)


def _pod(account: str, main: Body) -> Body:
    spec = pod(main, serviceAccountName=account, automountServiceAccountToken=True, enableServiceLinks=False)
    return spec | {"securityContext": spec["securityContext"] | {"runAsUser": _USER}}
