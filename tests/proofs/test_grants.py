"""Roles name resources that somebody serves."""

import pytest

from charts_src.objects import Body, Identity
from charts_src.proofs.grants import unserved
from charts_src.schema.served import served
from tests.objects import definition, role


def problems(*bodies: Body) -> list[str]:
    return [each.message for each in unserved({Identity.of(body): body for body in bodies})]


def test_built_in_resources_and_those_of_definitions_are_served() -> None:
    roles = [
        role("a", "", "pods/log", "get"),
        role("b", "batch", "jobs/finalizers", "update"),
        role("c", "example.com", "carts/status", "update"),
        role("d", "", "nodes/metrics", "get"),
    ]
    assert problems(definition("example.com", "Cart"), *roles) == []


@pytest.mark.parametrize(
    ("group", "resource"), [("", "podss"), ("apps", "pods"), ("example.com", "cart"), ("batch", "jobs/log")]
)
def test_a_resource_that_its_group_has_not_is_found(group: str, resource: str) -> None:
    found = problems(definition("example.com", "Cart"), role("a", group, resource, "get"))
    where = group or "the core group"
    assert found == [f"rules[0].resources: {resource} is no resource of {where}; correct it"]


def test_a_group_of_somebody_else_is_left_to_them() -> None:
    assert problems(role("a", "metrics.k8s.io", "anything", "get")) == []


def test_a_rule_may_list_groups_and_resources_crosswise() -> None:
    body = role("a", "", "events", "create")
    body["rules"][0]["apiGroups"] = ["", "events.k8s.io"]
    assert problems(body) == []
    body["rules"][0]["apiGroups"] = ["", "apps"]
    assert problems(body) == ['rules[0].resources: the group "apps" has none of them; correct it']


def test_resources_are_read_from_the_paths_of_the_api() -> None:
    paths = [
        "/api/v1/namespaces/{namespace}/pods/{name}/log",
        "/api/v1/nodes",
        "/api/v1/watch/nodes",
        "/apis/apps/v1/namespaces/{namespace}/deployments/{name}",
        "/api/v1/nodes/{name}/proxy/{path}",
        "/apis/apps/",
    ]
    assert served(paths) == {"": {"pods/log", "nodes", "nodes/proxy"}, "apps": {"deployments"}}
