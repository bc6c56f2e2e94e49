"""A rule that is missing in a role of an operator is seen in the audit log: mutants of the rendered roles."""

import pytest

from charts_src.objects import Body
from tools.cluster.plane import Plane
from tools.cluster.tree import rendered
from tools.cluster.waiting import eventually

ENV = "dev"
RBAC = "rbac.authorization.k8s.io/v1"

RIGHTS = [
    ("kuberay-operator", "pods"),
    ("kuberay-operator", "rayservices"),
    ("mpi-operator", "mpijobs"),
    ("workflow-controller", "workflows"),
    ("kueue", "workloads"),
    ("spark-operator-controller", "scheduledsparkapplications"),
]
"""Operator, and the resource that is taken out of every role of its ServiceAccount."""


def roles_of(plane: Plane, operator: str) -> list[Body]:
    """Read every role that the ServiceAccount of an operator is bound to."""
    account = account_of(operator).partition(":")[2]
    bindings = [
        binding
        for kind in ("ClusterRoleBinding", "RoleBinding")
        for binding in plane.api.list(RBAC, kind)
        if any(subject["name"] == account for subject in binding.get("subjects", ()))
    ]
    found = [
        plane.api.get(
            RBAC,
            binding["roleRef"]["kind"],
            binding["roleRef"]["name"],
            binding["metadata"].get("namespace", ""),
        )
        for binding in bindings
    ]
    assert found
    return [role for role in found if role]


def without_resource(rules: list[Body], resource: str) -> list[Body]:
    return [
        {**rule, "resources": [each for each in rule.get("resources", ()) if each != resource]}
        for rule in rules
    ]


def write(plane: Plane, role: Body, rules: list[Body]) -> None:
    metadata = role["metadata"]
    plane.api.merge(RBAC, role["kind"], metadata["name"], {"rules": rules}, metadata.get("namespace", ""))


@pytest.mark.parametrize("env", [ENV], indirect=True)
@pytest.mark.parametrize(("operator", "resource"), RIGHTS)
def test_a_rule_that_is_missing_is_seen(operated: Plane, env: str, operator: str, resource: str) -> None:
    assert env == ENV
    (process,) = (each for each in operated.processes if each.name == operator)
    whole = roles_of(operated, operator)
    # One at a time: an operator that may not read one kind may end before it asks for the next.
    for role in whole:
        write(
            operated, role, [rule for rule in without_resource(role["rules"], resource) if rule["resources"]]
        )
    process.restart()

    def seen() -> bool:
        return any(event.resource == resource for event in operated.unauthorized(user))

    user = f"system:serviceaccount:{account_of(operator)}"
    try:
        eventually(seen, 90, lambda: f"{operator} was not refused {resource}\n{process.tail()}")
    finally:
        for role in whole:
            write(operated, role, role["rules"])
        process.restart()


def account_of(operator: str) -> str:
    """Give namespace and name of an operator's ServiceAccount, with a colon."""
    (deployment,) = rendered(ENV, "Deployment", operator)
    name = deployment["spec"]["template"]["spec"]["serviceAccountName"]
    return f"{deployment['metadata']['namespace']}:{name}"
