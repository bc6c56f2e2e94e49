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


def in_reach(body: Body) -> Iterator[Violation]:
    """Refuse an object in a namespace where nothing would ever become of it."""
    identity = Identity.of(body)
    name, namespaces = _REACH.get(identity[:2], ("", ()))
    if name and identity.namespace not in namespaces:
        yield Violation(
            "metadata.namespace",
            f"{identity.namespace} is none in which a {identity.kind} is served; add it to {name} in "
            "lib/namespaces.py",
        )
