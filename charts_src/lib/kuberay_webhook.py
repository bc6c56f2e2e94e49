"""The operator's admission webhook for RayClusters, which is optional.

Sources, ray-operator v1.6.2: config/webhook, config/certmanager, config/default-with-webhooks. Upstream's
manifest lists webhooks for RayJob and RayService too, but main.go registers the one for RayCluster only:
calls to the others would answer 404 and, as they fail closed, refuse every write.
"""

from collections.abc import Iterator, Sequence

from charts_src.lib import network
from charts_src.lib.controllers import labels, service
from charts_src.lib.namespaces import KUBERAY_SYSTEM
from charts_src.lib.pod import mount, port, secret_volume
from charts_src.lib.ray import OPERATOR
from charts_src.lib.webhook_tls import certificate, dns_names, inject_ca, issuer
from charts_src.objects import Body

PORT = 9443
SERVICE = "kuberay-webhook"
ISSUER = "kuberay-webhook-issuer"
CERTIFICATE = "kuberay-webhook"
SECRET = "kuberay-webhook-certificate"  # noqa: S105  # the name of a Secret
_SELECTED = labels(OPERATOR)


def webhook_objects(vpc_cidr: str, namespaces: Sequence[str]) -> Iterator[Body]:
    """Give what the webhook needs beside the operator's pod; the API server calls it from the VPC."""
    yield _configuration(namespaces)
    yield service(SERVICE, _SELECTED, 443, "webhook", labelled=False)
    yield issuer(ISSUER, {"selfSigned": {}})
    yield certificate(CERTIFICATE, ISSUER, SECRET, {"dnsNames": dns_names(SERVICE, KUBERAY_SYSTEM)})
    caller = {"from": [network.block(vpc_cidr)], "ports": network.ports(PORT)}
    yield network.allow(SERVICE, _SELECTED, ingress=[caller])


def with_webhook(spec: Body) -> Body:
    """Give the operator's PodSpec with the webhook turned on and its certificate mounted."""
    (manager,) = spec["containers"]
    serving = {
        "env": [{"name": "ENABLE_WEBHOOKS", "value": "true"}],
        "ports": [*manager["ports"], port("webhook", PORT)],
        "volumeMounts": [mount("certificate", "/tmp/k8s-webhook-server/serving-certs", readOnly=True)],  # noqa: S108
    }
    volume = secret_volume("certificate", SECRET)
    return spec | {"containers": [manager | serving], "volumes": [volume]}


def _configuration(namespaces: Sequence[str]) -> Body:
    """Check RayClusters of the namespaces that the operator watches; cert-manager adds the CA bundle."""
    webhook = {
        "name": "vraycluster.kb.io",
        "admissionReviewVersions": ["v1"],
        "clientConfig": {
            "service": {
                "namespace": KUBERAY_SYSTEM,
                "name": SERVICE,
                "path": "/validate-ray-io-v1-raycluster",
                "port": 443,
            }
        },
        "failurePolicy": "Fail",
        "matchPolicy": "Equivalent",
        "namespaceSelector": {
            "matchExpressions": [
                {"key": network.NAMESPACE_LABEL, "operator": "In", "values": list(namespaces)}
            ]
        },
        "objectSelector": {},
        "rules": [
            {
                "apiGroups": ["ray.io"],
                "apiVersions": ["v1"],
                "operations": ["CREATE", "UPDATE"],
                "resources": ["rayclusters"],
                "scope": "*",
            }
        ],
        "sideEffects": "None",
        "timeoutSeconds": 10,
    }
    return {
        "apiVersion": "admissionregistration.k8s.io/v1",
        "kind": "ValidatingWebhookConfiguration",
        "metadata": {
            "name": OPERATOR,
            "annotations": inject_ca(KUBERAY_SYSTEM, CERTIFICATE),
        },
        "webhooks": [webhook],
    }
