"""Certificates of admission webhooks, issued by cert-manager from a root of their own.

A self-signed serving certificate is its own root, so the API server stops trusting the old one the moment it
is renewed, while pods still serve it. With a root between, a renewal changes nothing that the API server
trusts, and old and new certificates work side by side.

Source: cert-manager v1.21.2, pkg/apis/certmanager/v1 (types of Certificate and Issuer), and its annotation
cert-manager.io/inject-ca-from, which copies ca.crt of the Certificate's Secret.
"""

from collections.abc import Iterator

from charts_src.objects import Body

_ROOT_DURATION = "87600h0m0s"
_DURATION = "8760h0m0s"
_RENEW_BEFORE = "4380h0m0s"
"""A serving certificate is renewed half a year before it ends: programs that read it only when they start
have that long to be restarted, and nodes for controllers live 30 days."""


def inject_ca(namespace: str, certificate: str) -> dict[str, str]:
    """Give the annotation by which cert-manager fills in the caBundle; leave the caBundle itself out."""
    return {"cert-manager.io/inject-ca-from": f"{namespace}/{certificate}"}


def root(name: str) -> Iterator[Body]:
    """Give a self-signed root and the Issuer `name` that signs with it."""
    yield issuer(f"{name}-selfsigned", {"selfSigned": {}})
    ca = f"{name}-ca"
    spec = {"isCA": True, "commonName": ca, "duration": _ROOT_DURATION}
    yield certificate(ca, f"{name}-selfsigned", ca, spec)
    yield issuer(name, {"ca": {"secretName": ca}})


def serving(name: str, issued_by: str, service: str, namespace: str, secret: str) -> Body:
    """Give the Certificate `name` of a Service, kept in the Secret `secret`."""
    spec = {
        "dnsNames": dns_names(service, namespace),
        "duration": _DURATION,
        "renewBefore": _RENEW_BEFORE,
    }
    return certificate(name, issued_by, secret, spec)


def issuer(name: str, spec: Body) -> Body:
    """Give an Issuer."""
    return {"apiVersion": "cert-manager.io/v1", "kind": "Issuer", "metadata": {"name": name}, "spec": spec}


def certificate(name: str, issued_by: str, secret: str, spec: Body) -> Body:
    """Give a Certificate of an Issuer, kept in the Secret `secret`; `spec` are further fields of it."""
    reference = {"issuerRef": {"kind": "Issuer", "name": issued_by}, "secretName": secret}
    return {
        "apiVersion": "cert-manager.io/v1",
        "kind": "Certificate",
        "metadata": {"name": name},
        "spec": spec | reference,
    }


def dns_names(service: str, namespace: str) -> list[str]:
    """Give the names by which the API server and pods call a Service."""
    host = f"{service}.{namespace}.svc"
    return [host, f"{host}.cluster.local"]
