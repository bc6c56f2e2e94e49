"""Who may do what: ServiceAccounts and bindings as cdk8s-plus constructs, rules as plain data.

Rules come from upstream as tables of groups, resources and verbs; as data they are easy to compare. What
concerns accounts and roles of another namespace or component is plain data as well.
"""

from collections.abc import Iterable
from typing import NamedTuple

from cdk8s import ApiObjectMetadata
from cdk8s_plus_34 import ClusterRole, ClusterRoleBinding, Role, RoleBinding, ServiceAccount
from constructs import Construct

from charts_src.objects import Body

_GROUP = "rbac.authorization.k8s.io"

READ = ("get", "list", "watch")
ALL = ("create", "delete", "get", "list", "patch", "update", "watch")
"""What an operator may do with objects that are its own."""


class Rule(NamedTuple):
    """What may be done with some resources of one API group."""

    group: str
    """API group; "" is the core group."""
    resources: tuple[str, ...]
    verbs: tuple[str, ...]
    names: tuple[str, ...] = ()
    """Names of the only objects that this is about; all objects unless set."""


def cluster_role(name: str, rules: Iterable[Rule]) -> Body:
    """Give a ClusterRole."""
    return _role("ClusterRole", name, rules)


def role(name: str, rules: Iterable[Rule], namespace: str | None = None) -> Body:
    """Give a Role in the namespace of the component, unless another is named."""
    body = _role("Role", name, rules)
    return body | {"metadata": body["metadata"] | ({"namespace": namespace} if namespace else {})}


def service_account(scope: Construct, name: str) -> ServiceAccount:
    """Add a ServiceAccount whose token no pod gets without asking."""
    return ServiceAccount(
        scope, f"account-{name}", metadata=ApiObjectMetadata(name=name), automount_token=False
    )


def bind_cluster_role(account: ServiceAccount, name: str, namespace: str) -> None:
    """Give an account the rules of the ClusterRole `name`, but only in one namespace."""
    scope = Construct(account, f"in-{namespace}-{name}")
    bound = ClusterRole.from_cluster_role_name(scope, "role", name)
    metadata = ApiObjectMetadata(name=name, namespace=namespace)
    RoleBinding(scope, "binding", role=bound, metadata=metadata).add_subjects(account)


def bind_cluster_wide(account: ServiceAccount, name: str) -> None:
    """Give an account the rules of the ClusterRole `name` in the whole cluster."""
    scope = Construct(account, f"everywhere-{name}")
    bound = ClusterRole.from_cluster_role_name(scope, "role", name)
    metadata = ApiObjectMetadata(name=name)
    ClusterRoleBinding(scope, "binding", role=bound, metadata=metadata).add_subjects(account)


def bind_role(account: ServiceAccount, name: str, namespace: str | None = None) -> None:
    """Give an account the rules of the Role `name` of its own namespace, or of the one that is named."""
    scope = Construct(account, f"role-{namespace or 'own'}-{name}")
    bound = Role.from_role_name(scope, "role", name)
    metadata = ApiObjectMetadata(name=name, namespace=namespace)
    RoleBinding(scope, "binding", role=bound, metadata=metadata).add_subjects(account)


def account(name: str, namespace: str, *, token: bool = False) -> Body:
    """Give a ServiceAccount of another namespace; `token` says whether its pods get one by default."""
    return {
        "apiVersion": "v1",
        "kind": "ServiceAccount",
        "metadata": {"name": name, "namespace": namespace},
        "automountServiceAccountToken": token,
    }


def cluster_binding(role: str, account: str, home: str, name: str = "") -> Body:
    """Give an account of the namespace `home` the rules of a ClusterRole everywhere.

    The binding has the name of the role, unless another is given.
    """
    return _binding("ClusterRole", role, account, home, {"name": name or role})


def role_binding(role: str, account: str, home: str, namespace: str, name: str = "") -> Body:
    """Give an account of the namespace `home` the rules of a Role of the namespace `namespace`."""
    return _binding("Role", role, account, home, {"name": name or role, "namespace": namespace})


def _binding(kind: str, role: str, account: str, home: str, metadata: Body) -> Body:
    return {
        "apiVersion": f"{_GROUP}/v1",
        "kind": f"{kind}Binding",
        "metadata": metadata,
        "roleRef": {"apiGroup": _GROUP, "kind": kind, "name": role},
        "subjects": [{"kind": "ServiceAccount", "name": account, "namespace": home}],
    }


def _role(kind: str, name: str, rules: Iterable[Rule]) -> Body:
    return {
        "apiVersion": f"{_GROUP}/v1",
        "kind": kind,
        "metadata": {"name": name},
        "rules": [_rule(rule) for rule in rules],
    }


def _rule(rule: Rule) -> Body:
    body: Body = {
        "apiGroups": [rule.group],
        "resources": list(rule.resources),
        "verbs": list(rule.verbs),
    }
    return body | ({"resourceNames": list(rule.names)} if rule.names else {})
