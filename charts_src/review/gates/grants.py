"""Who may do what: the rules of roles expanded to single permissions of each subject.

Meaning of rules and bindings: Kubernetes v1.34.4, pkg/registry/rbac/validation/rule.go and
plugin/pkg/auth/authorizer/rbac/rbac.go.
"""

from collections.abc import Iterator
from itertools import product
from typing import NamedTuple

from charts_src.objects import Body, Identity
from charts_src.review.sides import Side

ALL = "*"
_GROUP = "rbac.authorization.k8s.io"
_AGGREGATE = f"{_GROUP}/aggregate-to-"


class Permission(NamedTuple):
    """One verb on one resource."""

    group: str
    resource: str
    """Or the path of a URL, with the group "(url)"."""
    name: str
    """Of the object; * is any."""
    verb: str
    namespace: str
    """* is all of them and what is in none."""


class Subject(NamedTuple):
    """Whom a binding names."""

    kind: str
    namespace: str
    name: str

    def __str__(self) -> str:
        """Write the subject as reports show it."""
        return f"{self.kind} {self.namespace}/{self.name}" if self.namespace else f"{self.kind} {self.name}"


class Source(NamedTuple):
    """Which objects give a permission."""

    role: Identity
    binding: Identity


Grants = dict[Subject, dict[Permission, Source]]


def grants(side: Side) -> Grants:
    """Give all permissions of every subject that a binding names, with the objects that give them."""
    found: Grants = {}
    for identity, located in side.objects.items():
        if identity.kind in ("RoleBinding", "ClusterRoleBinding"):
            role = _role(identity, located.body)
            scope = identity.namespace or ALL
            permissions = [*_permissions(side, role, scope)]
            for subject in located.body.get("subjects") or ():
                own = found.setdefault(_subject(subject, identity), {})
                own |= {
                    permission: Source(role, identity) for permission in permissions if permission not in own
                }
    for holders, identity, body in _aggregated(side):
        own = found.setdefault(holders, {})
        own |= {permission: Source(identity, identity) for permission in _expanded(body, ALL)}
    return found


def covered(permission: Permission, by: dict[Permission, Source]) -> bool:
    """Say whether permissions include this one."""
    group, resource, name, verb, namespace = permission
    _, slash, part = resource.partition("/")
    resources = {resource, ALL, f"{ALL}/{part}" if slash else resource}
    wider = product({group, ALL}, resources, {name, ALL}, {verb, ALL}, {namespace, ALL})
    return any(Permission(*each) in by for each in wider)


def _role(binding: Identity, body: Body) -> Identity:
    reference = body.get("roleRef") or {}
    kind = reference.get("kind", "")
    return Identity(_GROUP, kind, binding.namespace if kind == "Role" else "", reference.get("name", ""))


def _subject(subject: Body, binding: Identity) -> Subject:
    kind = subject.get("kind", "")
    namespace = subject.get("namespace", binding.namespace) if kind == "ServiceAccount" else ""
    return Subject(kind, namespace, subject.get("name", ""))


def _permissions(side: Side, role: Identity, scope: str) -> Iterator[Permission]:
    if role in side.objects:
        yield from _expanded(side.body(role), scope)
    elif role.name == "cluster-admin":
        yield Permission(ALL, ALL, ALL, ALL, scope)
    else:  # Kubernetes' own, or nobody's: all that is known is its name
        yield Permission("(role)", role.name, ALL, "all of", scope)


def _expanded(body: Body, scope: str) -> Iterator[Permission]:
    for rule in body.get("rules") or ():
        verbs = rule.get("verbs") or ()
        names = rule.get("resourceNames") or (ALL,)
        for parts in product(rule.get("apiGroups") or (), rule.get("resources") or (), names, verbs):
            yield Permission(*parts, scope)
        for url, verb in product(rule.get("nonResourceURLs") or (), verbs):
            yield Permission("(url)", url, ALL, verb, scope)


def _aggregated(side: Side) -> Iterator[tuple[Subject, Identity, Body]]:
    """Give the ClusterRoles that Kubernetes adds to others by label, such as to `view`."""
    for identity, located in side.objects.items():
        labels = located.body["metadata"].get("labels") or {}
        if identity.kind == "ClusterRole":
            for label, value in labels.items():
                if label.startswith(_AGGREGATE) and value == "true":
                    holders = f"{label.removeprefix(_AGGREGATE)} (its holders)"
                    yield Subject("ClusterRole", "", holders), identity, located.body
