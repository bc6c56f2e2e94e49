"""Rules that keep objects where the controllers that serve them may act."""

from collections.abc import Iterator
from typing import Final

from charts_src.lib.namespaces import CERTIFICATE_NAMESPACES, INGRESS_NAMESPACES, SECRET_NAMESPACES
from charts_src.objects import Body, Identity
from charts_src.policy.rule import Violation

_REACH: Final = {
    ("cert-manager.io", "Certificate"): ("CERTIFICATE_NAMESPACES", CERTIFICATE_NAMESPACES),
    ("external-secrets.io", "ExternalSecret"): ("SECRET_NAMESPACES", SECRET_NAMESPACES),
    ("networking.k8s.io", "Ingress"): ("INGRESS_NAMESPACES", INGRESS_NAMESPACES),
}
"""(group, kind) -> name and value of the list of namespaces in which a controller has the rights to serve
it."""

_OFF: Final = {
    ("cert-manager.io", "ClusterIssuer"): "write an Issuer",
    ("external-secrets.io", "ClusterExternalSecret"): "write an ExternalSecret in each namespace",
    ("external-secrets.io", "PushSecret"): "write to AWS Secrets Manager instead",
    ("external-secrets.io", "SecretStore"): "use the ClusterSecretStore",
}
"""(group, kind) whose controller is off by a flag of its component -> what to do instead."""


def in_reach(body: Body) -> Iterator[Violation]:
    """Refuse an object in a namespace where nothing would ever become of it."""
    identity = Identity.of(body)
    if remedy := _OFF.get(identity[:2]):
        yield Violation("kind", f"no controller serves a {identity.kind} here; {remedy}")
    name, namespaces = _REACH.get(identity[:2], ("", ()))
    if name and identity.namespace not in namespaces:
        yield Violation(
            "metadata.namespace",
            f"{identity.namespace} is none in which a {identity.kind} is served; add it to {name} in "
            "lib/namespaces.py",
        )
