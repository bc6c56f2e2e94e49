"""Rules for what people and programs reach from outside."""

from collections.abc import Iterator
from typing import Final

from charts_src.objects import Body
from charts_src.policy.rule import Violation

_ALB: Final = "alb.ingress.kubernetes.io/"

_DEMANDED: Final = {
    "certificate-arn": "the load balancer speaks no TLS",
    "group.name": "the Ingress gets a load balancer of its own",
    "inbound-cidrs": "the whole internet may connect",
    "listen-ports": "the load balancer listens without TLS",
    "scheme": "the controller's default decides whether it faces the internet",
    "ssl-policy": "old versions of TLS are spoken",
    "target-type": "targets are node ports, which our Services have not",
    "healthcheck-path": "the path / is asked, which may answer while the program doesn't",
}
"""Annotation -> what happens without it: docs/guide/ingress/annotations.md of
aws-load-balancer-controller v3.5.0."""

_LOGINS: Final = {"auth-type": ("cognito", "oidc")}


def guarded(body: Body) -> Iterator[Violation]:
    """Demand TLS, a range of addresses, and a login or a token check in front of every Ingress."""
    if body["kind"] != "Ingress":
        return
    annotations = body["metadata"].get("annotations", {})
    for index, rule in enumerate(body.get("spec", {}).get("rules", ())):
        if not rule.get("host"):
            yield Violation(
                f"spec.rules[{index}].host", "is missing: it takes requests for every host; add it"
            )
    for name, consequence in _DEMANDED.items():
        if not annotations.get(_ALB + name):
            yield Violation(f"metadata.annotations.{_ALB}{name}", f"is missing: {consequence}; add it")
    kind = annotations.get(f"{_ALB}auth-type")
    if f"{_ALB}jwt-validation" in annotations:
        return
    if kind not in _LOGINS["auth-type"] or f"{_ALB}auth-idp-{kind}" not in annotations:
        yield Violation("metadata.annotations", "has neither a login nor a token check; add one")
    elif annotations.get(f"{_ALB}auth-on-unauthenticated-request") != "authenticate":
        path = f"metadata.annotations.{_ALB}auth-on-unauthenticated-request"
        yield Violation(path, "must be authenticate, or who has no session is let through")
