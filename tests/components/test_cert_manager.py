from typing import Any

from cdk8s import App

from charts_src.components.cert_manager import CertManager
from charts_src.lib.namespaces import CERTIFICATE_NAMESPACES
from charts_src.objects import Body
from tests.ray_environment import environment, rendered


def cert_manager(**section: Any) -> dict[str, Body]:
    return rendered(CertManager(App(), environment(cert_manager=section)))


def container(objects: dict[str, Body], name: str) -> Any:
    (found,) = objects[f"Deployment/{name}"]["spec"]["template"]["spec"]["containers"]
    return found


def test_secrets_are_written_only_where_there_are_certificates() -> None:
    bodies = CertManager(App(), environment()).objects()
    written = {
        body["metadata"]["namespace"]
        for body in bodies
        if body["kind"] == "Role" and body["metadata"]["name"] == "cert-manager-write-secrets"
    }
    assert written == set(CERTIFICATE_NAMESPACES)
    for body in bodies:
        if body["kind"] == "ClusterRole":
            for rule in body["rules"]:
                if "secrets" in rule["resources"]:
                    assert rule["verbs"] == ["get", "list", "watch"]


def test_the_controllers_of_acme_and_of_ingresses_are_off() -> None:
    (flag,) = [
        argument
        for argument in container(cert_manager(), "cert-manager")["args"]
        if argument.startswith("--controllers=")
    ]
    controllers = flag.removeprefix("--controllers=").split(",")
    assert {"issuers", "certificates-issuing", "certificaterequests-issuer-selfsigned"} <= set(controllers)
    assert not [name for name in controllers if "acme" in name or "shim" in name]
    assert not {"orders", "challenges"} & set(controllers)


def test_only_requests_to_issuers_are_approved() -> None:
    rules = cert_manager()["ClusterRole/cert-manager"]["rules"]
    assert {
        "apiGroups": ["cert-manager.io"],
        "resources": ["signers"],
        "resourceNames": ["issuers.cert-manager.io/*"],
        "verbs": ["approve"],
    } in rules


def test_the_request_manager_may_make_requests_though_ingress_shim_is_off() -> None:
    rules = cert_manager()["ClusterRole/cert-manager"]["rules"]
    assert any(rule["resources"] == ["certificaterequests"] and "create" in rule["verbs"] for rule in rules)


def test_the_webhook_needs_no_certificate_from_anyone() -> None:
    objects = cert_manager()
    webhook = container(objects, "cert-manager-webhook")
    assert "--dynamic-serving-ca-secret-name=cert-manager-webhook-ca" in webhook["args"]
    assert "--dynamic-serving-dns-names=cert-manager-webhook.cert-manager.svc" in webhook["args"]
    for kind in ("Mutating", "Validating"):
        configuration = objects[f"{kind}WebhookConfiguration/cert-manager-webhook"]
        assert configuration["metadata"]["annotations"] == {
            "cert-manager.io/inject-ca-from-secret": "cert-manager/cert-manager-webhook-ca"
        }
        (entry,) = configuration["webhooks"]
        assert {group for rule in entry["rules"] for group in rule["apiGroups"]} <= {
            "acme.cert-manager.io",
            "cert-manager.io",
        }
    assert objects["Role/cert-manager-webhook-serving"]["rules"] == [
        {
            "apiGroups": [""],
            "resources": ["secrets"],
            "resourceNames": ["cert-manager-webhook-ca"],
            "verbs": ["get", "list", "watch", "update"],
        },
        {"apiGroups": [""], "resources": ["secrets"], "verbs": ["create"]},
    ]


def test_the_injector_may_ask_whether_certificates_are_defined() -> None:
    """It ends when it may not: no webhook would ever get its CA."""
    assert {
        "apiGroups": ["apiextensions.k8s.io"],
        "resources": ["customresourcedefinitions"],
        "resourceNames": ["certificates.cert-manager.io"],
        "verbs": ["get"],
    } in cert_manager()["ClusterRole/cert-manager-cainjector"]["rules"]


def test_the_api_server_reaches_the_webhook_only() -> None:
    objects = cert_manager()
    calls = {
        "from": [{"ipBlock": {"cidr": "10.64.0.0/16"}}],
        "ports": [{"port": 10250, "protocol": "TCP"}],
    }
    assert calls in objects["NetworkPolicy/cert-manager-webhook"]["spec"]["ingress"]
    assert calls not in objects["NetworkPolicy/cert-manager"]["spec"]["ingress"]
    assert objects["Service/cert-manager-webhook"]["spec"]["ports"] == [
        {"name": "https", "port": 443, "targetPort": "https", "protocol": "TCP"}
    ]


def test_the_number_of_pods_is_a_decision() -> None:
    objects = cert_manager(replicas=3)
    for name in ("cert-manager", "cert-manager-cainjector", "cert-manager-webhook"):
        assert objects[f"Deployment/{name}"]["spec"]["replicas"] == 3
        assert f"PodDisruptionBudget/{name}" in objects
        assert f"PodMonitor/{name}" in objects
