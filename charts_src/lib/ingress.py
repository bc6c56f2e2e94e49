"""Ingresses on the one Application Load Balancer of an environment, with TLS and a login in front.

Source: docs/guide/ingress/annotations.md of aws-load-balancer-controller v3.5.0. What concerns the load
balancer as a whole must be the same on every Ingress of the group, so it is here and nowhere else.
"""

import json
from typing import Literal, NamedTuple

from charts_src.model.platform import CognitoAuthentication, Ingress, OidcAuthentication
from charts_src.objects import Body

CLASS = "alb"
"""Class of all our Ingresses."""

GROUP = "genai-on-eks"
"""Group of all our Ingresses: they share one load balancer."""

IDLE_TIMEOUT_SECONDS = 600
"""The load balancer drops a request whose answer takes longer to begin; a target must keep idle
connections open longer than this, or requests meet closed ones."""

TLS_POLICY = "ELBSecurityPolicy-TLS13-1-2-Res-PQ-2025-09"
"""What AWS recommends (Elastic Load Balancing, security policies for Application Load Balancers): TLS 1.3
and 1.2, post-quantum key exchange with clients that know it."""


class Backend(NamedTuple):
    """The Service that an Ingress leads to."""

    service: str
    port: int
    health_path: str
    drain_seconds: int
    """How long a pod that goes away still finishes its requests."""
    protocol: Literal["HTTP", "HTTPS"] = "HTTP"
    """How the load balancer talks to the pods; it checks no certificate of theirs."""


class TokenCheck(NamedTuple):
    """What the load balancer asks of the token (a JWT, RS256) in the Authorization header of a request.

    It lets no other request through (docs/guide/ingress/annotations.md, jwt-validation; Elastic Load
    Balancing, "Verify JWTs using an Application Load Balancer"), and sends nobody to a login.
    """

    issuer: str
    jwks_endpoint: str
    """URL of the issuer's public keys; the load balancer reads it over the internet."""
    scope: str
    """What has to be in the claim `scope`."""


def ingress(
    settings: Ingress, name: str, host: str, backend: Backend, token: TokenCheck | None = None
) -> Body:
    """Give an Ingress for the host name `host` below the domain; pods are reached without a node port.

    People log in; with `token` it is for programs instead.
    """
    access = _token(token) if token else _login(settings)
    annotations = _load_balancer(settings) | _targets(backend) | access
    service = {"name": backend.service, "port": {"number": backend.port}}
    path = {"path": "/", "pathType": "Prefix", "backend": {"service": service}}
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "Ingress",
        "metadata": {
            "name": name,
            "annotations": {f"alb.ingress.kubernetes.io/{key}": value for key, value in annotations.items()},
        },
        "spec": {
            "ingressClassName": CLASS,
            "rules": [{"host": f"{host}.{settings.domain}", "http": {"paths": [path]}}],
        },
    }


def _load_balancer(settings: Ingress) -> dict[str, str]:
    return {
        "group.name": GROUP,
        "scheme": settings.scheme,
        "inbound-cidrs": ",".join(settings.inbound_cidrs),
        "listen-ports": '[{"HTTPS":443}]',
        "certificate-arn": settings.certificate_arn,
        "ssl-policy": TLS_POLICY,
        "load-balancer-attributes": (
            f"idle_timeout.timeout_seconds={IDLE_TIMEOUT_SECONDS},"
            "routing.http.drop_invalid_header_fields.enabled=true"
        ),
    }


def _targets(backend: Backend) -> dict[str, str]:
    secure = backend.protocol == "HTTPS"
    return {
        **({"backend-protocol": "HTTPS", "healthcheck-protocol": "HTTPS"} if secure else {}),
        "target-type": "ip",
        "healthcheck-path": backend.health_path,
        "healthcheck-interval-seconds": "10",
        "target-group-attributes": (
            f"deregistration_delay.timeout_seconds={backend.drain_seconds},"
            "load_balancing.algorithm.type=least_outstanding_requests"
        ),
    }


def _login(settings: Ingress) -> dict[str, str]:
    if settings.cognito:
        login = {"auth-type": "cognito", "auth-idp-cognito": _compact(_cognito(settings.cognito))}
    else:
        assert settings.oidc  # noqa: S101  # Ingress.problems() demands one of the two
        login = {"auth-type": "oidc", "auth-idp-oidc": _compact(_oidc(settings.oidc))}
    return login | {"auth-on-unauthenticated-request": "authenticate"}


def _token(check: TokenCheck) -> dict[str, str]:
    claim = {"name": "scope", "format": "space-separated-values", "values": [check.scope]}
    validation = {
        "jwksEndpoint": check.jwks_endpoint,
        "issuer": check.issuer,
        "additionalClaims": [claim],
    }
    return {"jwt-validation": _compact(validation)}


def _cognito(login: CognitoAuthentication) -> dict[str, str]:
    return {
        "userPoolARN": login.user_pool_arn,
        "userPoolClientID": login.user_pool_client_id,
        "userPoolDomain": login.user_pool_domain,
    }


def _oidc(login: OidcAuthentication) -> dict[str, str]:
    return {
        "issuer": login.issuer,
        "authorizationEndpoint": login.authorization_endpoint,
        "tokenEndpoint": login.token_endpoint,
        "userInfoEndpoint": login.user_info_endpoint,
        "secretName": login.secret_name,
    }


def _compact(value: Body) -> str:
    return json.dumps(value, separators=(",", ":"))
