"""RBAC: what a subject may do only afterwards."""

import pytest

from charts_src.review.gates.rbac import gate
from tests.review.gates.pairs import edited, found, pair

ACCOUNT = """apiVersion: v1
kind: ServiceAccount
metadata: {name: job, namespace: a}
"""
ROLE = """apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: job, namespace: a}
rules:
- {apiGroups: [""], resources: [configmaps, pods], resourceNames: [one, two], verbs: [get, list]}
"""
BINDING = """apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: job, namespace: a}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: job}
subjects:
- {kind: ServiceAccount, name: job}
"""
CLUSTER_ROLE = """apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: wide}
rules:
- {apiGroups: [apps], resources: [deployments], verbs: [get]}
"""
ALL = "---\n".join([ACCOUNT, ROLE, BINDING, CLUSTER_ROLE])
WHO = "lets ServiceAccount a/job by Role a/job"
LESS = "; take away what it does not need"


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (
            "[get, list]",
            "[get, list, delete]",
            f"rbac: Role a/job: {WHO}: delete configmaps one in a; delete configmaps two in a; delete "
            f"pods one "
            f"in a; delete pods two in a{LESS}",
        ),
        (
            "[configmaps, pods]",
            "[configmaps, pods, services]",
            f"rbac: Role a/job: {WHO}: get, list services one in a; get, list services two in a{LESS}",
        ),
        (
            "resourceNames: [one, two], ",
            "",
            f"rbac: Role a/job: {WHO}: get, list configmaps in a; get, list pods in a{LESS}",
        ),
        (
            '[""], resources: [configmaps',
            '["", batch], resources: [configmaps',
            f"rbac: Role a/job: {WHO}: get, list configmaps.batch one in a; get, list configmaps.batch "
            f"two in "
            f"a; get, list pods.batch one in a; get, list pods.batch two in a{LESS}",
        ),
        (
            "resourceNames: [one, two], verbs: [get, list]",
            'verbs: ["*"]',
            f"rbac: Role a/job: {WHO}: * configmaps in a; * pods in a (has a wildcard){LESS}",
        ),
        (
            "[configmaps, pods], resourceNames: [one, two]",
            "[configmaps, pods, secrets]",
            f"rbac: Role a/job: {WHO}: get, list configmaps in a; get, list pods in a; get, list "
            f"secrets in a "
            f"(reads or writes secrets){LESS}",
        ),
        (
            "kind: Role, name: job",
            "kind: ClusterRole, name: wide",
            "rbac: RoleBinding a/job: lets ServiceAccount a/job by ClusterRole wide: get deployments.apps in "
            f"a{LESS}",
        ),
        (
            "kind: Role, name: job",
            "kind: ClusterRole, name: cluster-admin",
            f"rbac: RoleBinding a/job: lets ServiceAccount a/job by ClusterRole cluster-admin: * *.* in "
            f"a (has a "
            f"wildcard){LESS}",
        ),
        (
            "- {kind: ServiceAccount, name: job}",
            "- {kind: ServiceAccount, name: job}\n- {kind: Group, name: people}",
            "rbac: RoleBinding a/job: lets Group people by Role a/job: get, list configmaps one in a; "
            "get, list "
            f"configmaps two in a; get, list pods one in a; get, list pods two in a{LESS}",
        ),
    ],
    ids=["verb", "resource", "names", "group", "wildcard", "secrets", "cluster role", "admin", "subject"],
)
def test_says_what_is_new_to_whom(old: str, new: str, message: str) -> None:
    assert found(gate, pair(ALL, edited(ALL, old, new))) == [message]


@pytest.mark.parametrize("verb", ["bind", "escalate", "impersonate"])
def test_warns_of_verbs_that_lead_to_more(verb: str) -> None:
    (message,) = found(gate, pair(ALL, edited(ALL, "[get, list]", f"[get, list, {verb}]")))
    words = {
        "bind": "(binds roles it does not have)",
        "escalate": "(writes roles with more than it has)",
        "impersonate": "(acts as others)",
    }
    assert words[verb] in message


def test_a_role_for_all_namespaces_is_wider_than_one_for_its_own() -> None:
    new = edited(
        ALL,
        "kind: RoleBinding\nmetadata: {name: job, namespace: a}",
        "kind: ClusterRoleBinding\nmetadata: {name: job}",
    )
    new = edited(new, "{kind: ServiceAccount, name: job}", "{kind: ServiceAccount, name: job, namespace: a}")
    new = edited(new, "kind: Role, name: job", "kind: ClusterRole, name: wide")
    old = edited(ALL, "kind: Role, name: job", "kind: ClusterRole, name: wide")
    assert found(gate, pair(old, new)) == [
        "rbac: ClusterRoleBinding job: lets ServiceAccount a/job by ClusterRole wide: get deployments.apps "
        "everywhere; take away what it does not need"
    ]


@pytest.mark.parametrize(
    "rules",
    [
        '- {apiGroups: [""], resources: [pods, configmaps], resourceNames: [two, one], verbs: [list, get]}',
        '- {apiGroups: [""], resources: [pods], resourceNames: [one, two], verbs: [get, list]}\n'
        '- {apiGroups: [""], resources: [configmaps], resourceNames: [one, two], verbs: [get]}\n'
        '- {apiGroups: [""], resources: [configmaps], resourceNames: [one, two], verbs: [list]}',
        '- {apiGroups: [""], resources: [pods], resourceNames: [one], verbs: [get]}',
        "",
    ],
    ids=["order", "split", "less", "nothing"],
)
def test_other_words_for_the_same_or_less_widen_nothing(rules: str) -> None:
    new = ROLE[: ROLE.index("- {")] + rules + "\n"
    assert found(gate, pair(ALL, edited(ALL, ROLE, new))) == []


def test_what_a_wildcard_gave_before_is_not_new() -> None:
    old = edited(ALL, "resourceNames: [one, two], verbs: [get, list]", 'verbs: ["*"]')
    assert found(gate, pair(old, edited(old, '["*"]', "[get, delete]"))) == []
    old = edited(old, "[configmaps, pods]", '["*"]')
    assert found(gate, pair(old, edited(old, 'resources: ["*"]', "resources: [pods/log]"))) == []


def test_of_a_new_account_only_what_leads_to_more_is_told() -> None:
    rest = "---\n".join([ROLE, CLUSTER_ROLE])
    assert found(gate, pair(rest, ALL)) == []
    new = edited(ALL, "[configmaps, pods], resourceNames: [one, two]", "[pods, secrets]")
    assert found(gate, pair(rest, new)) == [
        "rbac: RoleBinding a/job: lets ServiceAccount a/job by Role a/job: get, list secrets in a (reads or "
        "writes secrets); take away what it does not need"
    ]


def test_a_role_that_kubernetes_adds_to_another_widens_that_one() -> None:
    labels = "metadata: {name: wide, labels: {rbac.authorization.k8s.io/aggregate-to-view: 'true'}}"
    assert found(gate, pair(ALL, edited(ALL, "metadata: {name: wide}", labels))) == [
        "rbac: ClusterRole wide: lets ClusterRole view (its holders) by ClusterRole wide: get "
        "deployments.apps "
        "everywhere; take away what it does not need"
    ]


def test_changes_of_other_objects_widen_nothing() -> None:
    assert found(gate, pair(ALL, ALL + "---\napiVersion: v1\nkind: Namespace\nmetadata: {name: a}\n")) == []
