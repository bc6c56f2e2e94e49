"""A rule that is missing in a role of an operator is seen in the audit log: mutants of the rendered roles."""

from collections.abc import Iterator

import pytest

from charts_src import workspace
from charts_src.objects import Body
from tools.cluster.plane import Plane
from tools.cluster.waiting import eventually

ENV = "dev"
RBAC = "rbac.authorization.k8s.io/v1"

RIGHTS = [
    ("kuberay-operator", "pods"),
    ("kuberay-operator", "services"),
    ("kuberay-operator", "rayservices"),
    ("mpi-operator", "mpijobs"),
    ("mpi-operator", "configmaps"),
    ("workflow-controller", "workflows"),
    ("kueue", "workloads"),
    ("kueue", "clusterqueues"),
    ("spark-operator-controller", "sparkapplications"),
    ("spark-operator-controller", "scheduledsparkapplications"),
]
"""Operator, and the resource that is taken out of every role of its ServiceAccount."""


@pytest.fixture(scope="module")
def deprived(operated: Plane, env: str) -> Iterator[Plane]:
    """Give a plane whose operators started anew without these rights."""
    assert env == ENV
    whole = [role for operator in {each[0] for each in RIGHTS} for role in roles_of(operated, operator)]
    for operator, resource in RIGHTS:
        for role in roles_of(operated, operator):
            rules = [rule for rule in without_resource(role["rules"], resource) if rule["resources"]]
            write(operated, role, rules)
    restart(operated)
    yield operated
    for role in whole:
        write(operated, role, role["rules"])
    restart(operated)


def roles_of(plane: Plane, operator: str) -> list[Body]:
    """Read every role that the ServiceAccount of an operator is bound to."""
    (deployment,) = (
        body for body in workspace.objects(ENV).values() if names(body) == ("Deployment", operator)
    )
    account = deployment["spec"]["template"]["spec"]["serviceAccountName"]
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


def names(body: Body) -> tuple[str, str]:
    return body["kind"], body["metadata"]["name"]


def without_resource(rules: list[Body], resource: str) -> list[Body]:
    return [
        {**rule, "resources": [each for each in rule.get("resources", ()) if each != resource]}
        for rule in rules
    ]


def write(plane: Plane, role: Body, rules: list[Body]) -> None:
    metadata = role["metadata"]
    plane.api.merge(RBAC, role["kind"], metadata["name"], {"rules": rules}, metadata.get("namespace", ""))


def restart(plane: Plane) -> None:
    for process in plane.processes:
        if process.name in {each[0] for each in RIGHTS}:
            process.restart()


@pytest.mark.parametrize("env", [ENV], indirect=True)
@pytest.mark.parametrize(("operator", "resource"), RIGHTS)
def test_a_rule_that_is_missing_is_seen(deprived: Plane, operator: str, resource: str) -> None:
    (account,) = (
        body["spec"]["template"]["spec"]["serviceAccountName"]
        for body in workspace.objects(ENV).values()
        if names(body) == ("Deployment", operator)
    )

    def seen() -> bool:
        return any(
            event.resource == resource and event.decision == "forbid" and event.user.endswith(f":{account}")
            for event in deprived.forbidden()
        )

    eventually(seen, 60, f"{operator} was not refused {resource}")
