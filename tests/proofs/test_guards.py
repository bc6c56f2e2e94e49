"""Namespaces are closed, and may ask for names."""

from copy import deepcopy
from typing import Any

import pytest

from charts_src.lib.network import default_deny, dns_egress
from charts_src.objects import Body, Identity
from charts_src.proofs.guards import open_namespaces
from tests.objects import thing


def problems(*policies: Body) -> list[str]:
    bodies = [thing("Namespace", "shop"), *policies]
    return [each.message for each in open_namespaces({Identity.of(body): body for body in bodies})]


def changed(policy: Body, **spec: Any) -> Body:
    return policy | {"spec": deepcopy(policy["spec"]) | spec}


def test_a_namespace_with_both_policies_is_guarded() -> None:
    assert problems(default_deny("shop"), dns_egress("shop")) == []


@pytest.mark.parametrize(
    "policy",
    [
        changed(default_deny("shop"), policyTypes=["Ingress"]),
        changed(default_deny("shop"), podSelector={"matchLabels": {"a": "b"}}),
        changed(default_deny("shop"), ingress=[{}]),
        default_deny("other"),
    ],
)
def test_a_namespace_that_does_not_deny_everything_is_found(policy: Body) -> None:
    expected = "has no policy default-deny that lets nothing in or out; add it"
    assert problems(policy, dns_egress("shop")) == [expected]


@pytest.mark.parametrize("port", [{"port": 53, "protocol": "UDP"}, {"port": 53}])
def test_a_namespace_that_reaches_dns_by_one_protocol_only_is_found(port: Body) -> None:
    policy = dns_egress("shop")
    rule = policy["spec"]["egress"][0] | {"ports": [port]}
    expected = "has no policy allow-dns that lets all pods ask names; add it"
    assert problems(default_deny("shop"), changed(policy, egress=[rule])) == [expected]
