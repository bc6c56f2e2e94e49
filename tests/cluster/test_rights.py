"""Each operator uses the rights that are rendered for it; what it does not use is explained, or named."""

import time
from collections.abc import Callable

import pytest

from charts_src.objects import Body, Identity
from tools.cluster.audit import AuditEvent
from tools.cluster.operators import OPERATORS
from tools.cluster.plane import Plane
from tools.cluster.reserves import RESERVES
from tools.cluster.rights import Account, Reserve, Right, account
from tools.cluster.tree import rendered_objects

LEAST = 0.8
"""Share of rights that have to be used or explained."""


@pytest.fixture(scope="module")
def accounts(operated: Plane, env: str) -> list[Account]:
    time.sleep(2)  # the audit log is written in batches
    objects, events = rendered_objects(env), list(operated.events())
    names = {each.deployment for each in OPERATORS}
    return [
        account(
            objects,
            key.namespace,
            body["spec"]["template"]["spec"]["serviceAccountName"],
            events,
            RESERVES,
        )
        for key, body in objects.items()
        if key.kind == "Deployment" and key.name in names
    ]


def test_most_rights_are_used_or_explained(
    accounts: list[Account], env: str, record_property: Callable[[str, str], None]
) -> None:
    assert len(accounts) == len(OPERATORS)
    for each in accounts:
        idle = ", ".join(map(str, each.idle)) or "none"
        counts = f"{len(each.used)} used, {len(each.explained)} explained, {len(each.idle)} idle"
        record_property(f"rights of {each.name} in {env}", f"{counts}; idle: {idle}")
    assert {each.name: each.idle for each in accounts if each.accounted < LEAST} == {}


def role(name: str, *verbs: str) -> tuple[Body, Body]:
    rules = [{"apiGroups": [""], "resources": ["pods", "pods/status"], "verbs": list(verbs)}]
    api = "rbac.authorization.k8s.io/v1"
    reference = {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": name}
    subjects = [{"kind": "ServiceAccount", "name": "worker", "namespace": "work"}]
    bound = {"apiVersion": api, "kind": "ClusterRoleBinding", "metadata": {"name": name}}
    return (
        {"apiVersion": api, "kind": "ClusterRole", "metadata": {"name": name}, "rules": rules},
        {**bound, "roleRef": reference, "subjects": subjects},
    )


def asked(verb: str, resource: str, user: str = "system:serviceaccount:work:worker") -> AuditEvent:
    return AuditEvent(user, verb, "", resource, "work", "", 200, "allow", "/")


def test_a_right_that_nobody_used_is_idle_unless_it_is_explained() -> None:
    objects = {Identity.of(body): body for body in role("worker", "get", "patch")}
    events = [asked("get", "pods"), asked("patch", "pods", "system:serviceaccount:work:other")]
    reserve = Reserve("work:worker", "patch pods/status", "only when a pod is evicted")
    found = account(objects, "work", "worker", events, [reserve])
    assert found.used == (Right("", "pods", "get"),)
    assert found.explained == {Right("", "pods/status", "patch"): "only when a pod is evicted"}
    assert found.idle == (Right("", "pods", "patch"), Right("", "pods/status", "get"))
    assert found.accounted == 0.5
