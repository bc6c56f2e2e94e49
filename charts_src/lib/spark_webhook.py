"""The Spark Operator's webhook, which completes drivers and executors and refuses bad applications.

Sources, github.com/kubeflow/spark-operator/v2@v2.5.2: charts/spark-operator-chart/templates/webhook and
templates/certmanager, cmd/operator/webhook/start.go, pkg/certificate (what --enable-cert-manager does).

With --enable-cert-manager the webhook reads its certificate from the Secret once, when it starts, writes it
to disk, and leaves both webhook configurations alone; without it, it writes a certificate of its own into
objects that Argo CD owns.
"""

from collections.abc import Iterator

from charts_src.lib import controllers, webhook_tls
from charts_src.lib.namespaces import SPARK_JOBS, SPARK_OPERATOR
from charts_src.lib.network import NAMESPACE_LABEL
from charts_src.lib.spark import PODS
from charts_src.lib.webhook_tls import inject_ca
from charts_src.objects import Body

WEBHOOK = "spark-operator-webhook"
SERVICE = "spark-operator-webhook-svc"
SECRET = "spark-operator-webhook-certs"  # noqa: S105  # the name of a Secret
CERTIFICATE = "spark-operator-webhook"
ISSUER = "spark-operator-issuer"
PORT = 9443

_GROUP = "sparkoperator.k8s.io"
_KINDS = (
    ("v1beta2", "sparkapplication"),
    ("v1beta2", "scheduledsparkapplication"),
    ("v1alpha1", "sparkconnect"),
)


def objects() -> Iterator[Body]:
    """Give what the webhook needs beside its pod.

    Differences from upstream: a root of its own for the certificate (lib/webhook_tls), and port 443 on the
    Service, to which the API server connects unless told otherwise.
    """
    yield controllers.service(SERVICE, WEBHOOK, 443, "webhook")
    yield from webhook_tls.root(ISSUER)
    yield webhook_tls.serving(CERTIFICATE, ISSUER, SERVICE, SPARK_OPERATOR, SECRET)
    kinds = [_kind("mutate", version, singular) for version, singular in _KINDS]
    mutating = [_pods(), *kinds]
    yield _configuration("Mutating", [webhook | {"reinvocationPolicy": "Never"} for webhook in mutating])
    yield _configuration("Validating", [_kind("validate", version, singular) for version, singular in _KINDS])


def arguments() -> list[str]:
    """Give the arguments that name the objects above."""
    return [
        "--enable-cert-manager=true",
        f"--mutating-webhook-name={WEBHOOK}",
        f"--validating-webhook-name={WEBHOOK}",
        f"--webhook-port={PORT}",
        f"--webhook-secret-name={SECRET}",
        f"--webhook-secret-namespace={SPARK_OPERATOR}",
        f"--webhook-svc-name={SERVICE}",
        f"--webhook-svc-namespace={SPARK_OPERATOR}",
    ]


def _configuration(verb: str, webhooks: list[Body]) -> Body:
    return {
        "apiVersion": "admissionregistration.k8s.io/v1",
        "kind": f"{verb}WebhookConfiguration",
        "metadata": {"name": WEBHOOK, "annotations": inject_ca(SPARK_OPERATOR, CERTIFICATE)},
        "webhooks": webhooks,
    }


def _pods() -> Body:
    rule = {"apiGroups": [""], "apiVersions": ["v1"], "operations": ["CREATE"], "resources": ["pods"]}
    return _webhook("mutate--v1-pod", rule) | {"objectSelector": {"matchLabels": PODS}}


def _kind(verb: str, version: str, singular: str) -> Body:
    rule = {
        "apiGroups": [_GROUP],
        "apiVersions": [version],
        "operations": ["CREATE", "UPDATE"],
        "resources": [f"{singular}s"],
    }
    return _webhook(f"{verb}-sparkoperator-k8s-io-{version}-{singular}", rule)


def _webhook(path: str, rule: Body) -> Body:
    return {
        "name": f"{path}.{_GROUP}",
        "admissionReviewVersions": ["v1"],
        "clientConfig": {
            "service": {"name": SERVICE, "namespace": SPARK_OPERATOR, "path": f"/{path}", "port": 443}
        },
        "failurePolicy": "Fail",
        "matchPolicy": "Equivalent",
        "namespaceSelector": {
            "matchExpressions": [{"key": NAMESPACE_LABEL, "operator": "In", "values": [SPARK_JOBS]}]
        },
        "objectSelector": {},
        "rules": [rule | {"scope": "*"}],
        "sideEffects": "None",
        "timeoutSeconds": 10,
    }
