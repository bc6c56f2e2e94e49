"""Permissions that a change widens: what a subject may do afterwards and might not do before.

Rules are compared as single permissions, so that their order and how they are split says nothing. Of an
account that is new itself, only permissions are told that reach beyond its work: whoever adds a component has
to give it some.
"""

from collections import defaultdict
from collections.abc import Iterator
from typing import Final

from charts_src.objects import Identity
from charts_src.review.finding import Finding
from charts_src.review.gates.grants import ALL, Grants, Permission, Source, Subject, covered, grants
from charts_src.review.sides import Pair

_GATE = "rbac"
_KINDS = ("ClusterRole", "ClusterRoleBinding", "Role", "RoleBinding")
_WRITE: Final = frozenset({"create", "update", "patch", "delete", "deletecollection", ALL})
_ANY: Final = _WRITE | {"get", "list", "watch"}

_POWERS: Final = {
    ("", "secrets"): (_ANY, "reads or writes secrets"),
    ("", "nodes/proxy"): (_ANY | {"connect"}, "runs commands in every pod of a node"),
    ("", "pods/attach"): (_ANY, "runs commands in pods"),
    ("", "pods/exec"): (_ANY, "runs commands in pods"),
    ("", "serviceaccounts/token"): (_WRITE, "acts as other accounts"),
    ("admissionregistration.k8s.io", "mutatingwebhookconfigurations"): (_WRITE, "changes what others write"),
    ("admissionregistration.k8s.io", "validatingadmissionpolicies"): (_WRITE, "lifts what is refused"),
    ("admissionregistration.k8s.io", "validatingadmissionpolicybindings"): (_WRITE, "lifts what is refused"),
    ("certificates.k8s.io", "certificatesigningrequests/approval"): (_WRITE, "makes itself another user"),
    ("rbac.authorization.k8s.io", "clusterrolebindings"): (_WRITE, "gives permissions"),
    ("rbac.authorization.k8s.io", "clusterroles"): (_WRITE, "gives permissions"),
    ("rbac.authorization.k8s.io", "rolebindings"): (_WRITE, "gives permissions"),
    ("rbac.authorization.k8s.io", "roles"): (_WRITE, "gives permissions"),
}
"""(group, resource) -> verbs that make it a way to more, and what it is a way to.

Source: Kubernetes' RBAC good practices, https://kubernetes.io/docs/concepts/security/rbac-good-practices/.
"""

_ESCALATING: Final = {
    "bind": "binds roles it does not have",
    "escalate": "writes roles with more than it has",
    "impersonate": "acts as others",
}

_SHOWN = 4
"""Permissions that a finding names; the rest are counted."""


def gate(pair: Pair) -> Iterator[Finding]:
    """Find what subjects may do only after the change, one finding for each subject and source."""
    if not any(change.identity.kind in _KINDS for change in pair.changes):
        return
    before, after = grants(pair.old), grants(pair.new)
    for subject in sorted(after):
        for (source, role), more in sorted(_widened(pair, subject, before, after).items()):
            yield Finding(_GATE, source, "", _message(subject, role, more))


def _widened(
    pair: Pair, subject: Subject, before: Grants, after: Grants
) -> dict[tuple[Identity, Identity], list[Permission]]:
    """Give what is new to a subject, by the object to look at and the role."""
    old = before.get(subject, {})
    new_account = _is_new(pair, subject)
    found: dict[tuple[Identity, Identity], list[Permission]] = defaultdict(list)
    for permission, source in after[subject].items():
        if not covered(permission, old) and (power(permission) or not new_account):
            found[_place(pair, source), source.role].append(permission)
    return found


def _is_new(pair: Pair, subject: Subject) -> bool:
    account = Identity("", "ServiceAccount", subject.namespace, subject.name)
    return account in pair.new.objects and account not in pair.old.objects


def _place(pair: Pair, source: Source) -> Identity:
    """Give the object that widens: the binding where it is new or differs, else the role."""
    changed = {change.identity for change in pair.changes}
    return source.binding if source.binding in changed else source.role


def power(permission: Permission) -> str:
    """Say to what more a permission is a way; "" when to nothing."""
    if permission.verb in _ESCALATING:
        return _ESCALATING[permission.verb]
    if ALL in (permission.group, permission.resource, permission.verb):
        return "has a wildcard"
    if permission.group == "(role)":
        return "has a role that is not in this repository" if permission.namespace == ALL else ""
    verbs, words = _POWERS.get((permission.group, permission.resource), (frozenset(), ""))
    named = permission.name != ALL and permission.resource == "secrets"
    return words if permission.verb in verbs and not named else ""


def _message(subject: Subject, role: Identity, more: list[Permission]) -> str:
    by_object: dict[tuple[str, str, str, str], list[str]] = defaultdict(list)
    for each in more:
        by_object[each.resource, each.group, each.name, each.namespace].append(each.verb)
    shown = [_written(key, verbs) for key, verbs in sorted(by_object.items())]
    words = "; ".join(shown[:_SHOWN]) + (f"; and {len(shown) - _SHOWN} more" if len(shown) > _SHOWN else "")
    powers = sorted({power(each) for each in more} - {""})
    warning = f" ({', '.join(powers)})" if powers else ""
    return f"lets {subject} by {role}: {words}{warning}; take away what it does not need"


def _written(key: tuple[str, str, str, str], verbs: list[str]) -> str:
    resource, group, name, namespace = key
    if group == "(role)":
        return f"all that the role {resource} may" + ("" if namespace == ALL else f" in {namespace}")
    where = "everywhere" if namespace == ALL else f"in {namespace}"
    full = f"{resource}.{group}" if group and group != "(url)" else resource
    return f"{', '.join(sorted(verbs))} {full}{'' if name == ALL else f' {name}'} {where}"
