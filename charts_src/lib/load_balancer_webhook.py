"""The webhooks of the AWS Load Balancer Controller, and the certificate that they serve with.

Source: aws-load-balancer-controller v3.5.0,
helm/aws-load-balancer-controller/templates/{webhook,cert-manager, service}.yaml. Of upstream's eleven
webhooks these four are left:

- mpod, quicid, alb-target-control (two): change pods as they are made; their features are off.
- mservice: gives each Service of type LoadBalancer a class, and while it is down no Service can be made.
- vglobalaccelerator: its gate is off.

A webhook that is down must not keep anyone from writing an Ingress or its class, so those two are skipped
then: both come from this repository, where they were checked. Target group bindings are written by the
controller alone. As upstream, a root of its own signs the certificate: the API server trusts the root, so
nothing fails in the minute in which the pods still serve the certificate before.
"""

from collections.abc import Iterator

from charts_src.lib.controllers import service
from charts_src.lib.namespaces import LOAD_BALANCER_CONTROLLER
from charts_src.lib.webhook_tls import certificate, dns_names, inject_ca, issuer
from charts_src.objects import Body

PORT = 9443
NAME = "aws-load-balancer-webhook"
SERVICE = "aws-load-balancer-webhook-service"
SECRET = "aws-load-balancer-tls"  # noqa: S105  # the name of a Secret
CERTIFICATE = "aws-load-balancer-serving-cert"
ROOT_ISSUER = "aws-load-balancer-selfsigned-issuer"
ROOT = "aws-load-balancer-root-cert"
ISSUER = "aws-load-balancer-root-issuer"


def webhook_objects(selected: dict[str, str]) -> Iterator[Body]:
    """Give what the webhooks need beside the controller's pod, whose labels are `selected`."""
    binding = ("elbv2.k8s.aws", "v1beta1", "targetgroupbindings")
    mutating = _webhook("mtargetgroupbinding", "/mutate-elbv2-k8s-aws-v1beta1-targetgroupbinding", binding)
    yield _configuration("Mutating", [mutating | {"reinvocationPolicy": "Never"}])
    validating = [
        _webhook(
            "vingressclassparams",
            "/validate-elbv2-k8s-aws-v1beta1-ingressclassparams",
            ("elbv2.k8s.aws", "v1beta1", "ingressclassparams"),
            "Ignore",
        ),
        _webhook("vtargetgroupbinding", "/validate-elbv2-k8s-aws-v1beta1-targetgroupbinding", binding),
        _webhook(
            "vingress",
            "/validate-networking-v1-ingress",
            ("networking.k8s.io", "v1", "ingresses"),
            "Ignore",
        ),
    ]
    yield _configuration("Validating", validating)
    yield service(SERVICE, selected, 443, "webhook-server", labelled=False)
    yield issuer(ROOT_ISSUER, {"selfSigned": {}})
    yield certificate(ROOT, ROOT_ISSUER, ROOT, _root())
    yield issuer(ISSUER, {"ca": {"secretName": ROOT}})
    yield certificate(CERTIFICATE, ISSUER, SECRET, _serving())


def _configuration(kind: str, webhooks: list[Body]) -> Body:
    """Give a configuration; cert-manager adds the CA bundle."""
    return {
        "apiVersion": "admissionregistration.k8s.io/v1",
        "kind": f"{kind}WebhookConfiguration",
        "metadata": {
            "name": NAME,
            "annotations": inject_ca(LOAD_BALANCER_CONTROLLER, CERTIFICATE),
        },
        "webhooks": webhooks,
    }


def _webhook(name: str, path: str, resource: tuple[str, str, str], failure_policy: str = "Fail") -> Body:
    """Give a webhook for writes of one resource: (group, version, plural)."""
    group, version, plural = resource
    return {
        "name": f"{name}.elbv2.k8s.aws",
        "admissionReviewVersions": ["v1"],
        "clientConfig": {
            "service": {
                "namespace": LOAD_BALANCER_CONTROLLER,
                "name": SERVICE,
                "path": path,
                "port": 443,
            }
        },
        "failurePolicy": failure_policy,
        "matchPolicy": "Equivalent",
        "namespaceSelector": {},
        "objectSelector": {},
        "rules": [
            {
                "apiGroups": [group],
                "apiVersions": [version],
                "operations": ["CREATE", "UPDATE"],
                "resources": [plural],
                "scope": "*",
            }
        ],
        "sideEffects": "None",
        "timeoutSeconds": 10,
    }


def _root() -> Body:
    return {"commonName": ROOT, "isCA": True, "duration": "43800h0m0s"}


def _serving() -> Body:
    return {
        "dnsNames": dns_names(SERVICE, LOAD_BALANCER_CONTROLLER),
        "duration": "8760h0m0s",
        "renewBefore": "720h0m0s",
    }
