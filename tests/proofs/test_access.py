import pytest

from charts_src.objects import Identity
from charts_src.policy import exceptions
from charts_src.proofs.access import cluster_wide_secrets
from tests.objects import RBAC, binding, role, thing


def failures(*bodies: dict[str, object]) -> list[str]:
    return [str(failure) for failure in cluster_wide_secrets({Identity.of(body): body for body in bodies})]


def test_reading_the_secrets_of_every_namespace_is_found() -> None:
    assert failures(role("reader", "", "secrets", "get"), binding("reader", "shop", "web")) == [
        "ClusterRole reader: rules[0] reads Secrets of every namespace, bound by reader; use "
        "RoleBindings, name "
        "the Secrets, or list it in policy/exceptions.py with a reason"
    ]


@pytest.mark.parametrize("verb", ["list", "watch", "*"])
def test_any_way_of_reading_counts(verb: str) -> None:
    assert len(failures(role("reader", "", "secrets", verb), binding("reader", "shop", "web"))) == 1


def test_a_role_that_is_bound_in_one_namespace_reaches_no_further() -> None:
    subject = {"kind": "ServiceAccount", "name": "web", "namespace": "shop"}
    bound = thing(
        f"{RBAC}/RoleBinding",
        "reader",
        "shop",
        roleRef={"kind": "ClusterRole", "name": "reader"},
        subjects=[subject],
    )
    assert failures(role("reader", "", "secrets", "get"), bound) == []


def test_creating_secrets_and_reading_named_ones_is_no_reading_of_all() -> None:
    named = role("reader", "", "secrets", "get")
    named["rules"][0]["resourceNames"] = ["certificate"]
    assert failures(named, binding("reader", "shop", "web")) == []
    assert failures(role("reader", "", "secrets", "create"), binding("reader", "shop", "web")) == []


def test_an_exception_with_a_reason_lifts_it(monkeypatch: pytest.MonkeyPatch) -> None:
    key = ("cluster_wide_secrets", "ClusterRole", "reader")
    monkeypatch.setitem(exceptions.EXCEPTIONS, key, "copies secrets for a living")
    assert failures(role("reader", "", "secrets", "get"), binding("reader", "shop", "web")) == []
