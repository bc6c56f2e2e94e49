"""Permissions of all namespaces at once: who may read Secrets anywhere, and is that listed with a reason."""

from collections.abc import Iterable, Iterator

from charts_src.objects import Body
from charts_src.policy.exceptions import EXCEPTIONS
from charts_src.proofs.tree import Failure, Objects

_READING = frozenset({"get", "list", "watch", "*"})


def cluster_wide_secrets(objects: Objects) -> list[Failure]:
    """Find ClusterRoles that let an account read Secrets of every namespace, sorted.

    A ClusterRole that only RoleBindings refer to reaches no further than their namespaces.
    """
    roles = {body["metadata"]["name"]: body for body in objects.values() if body["kind"] == "ClusterRole"}
    bindings = [body for body in objects.values() if body["kind"] == "ClusterRoleBinding"]
    return sorted(_readers(roles, bindings))


def _readers(roles: dict[str, Body], bindings: Iterable[Body]) -> Iterator[Failure]:
    for binding in bindings:
        name = binding["roleRef"]["name"]
        if ("cluster_wide_secrets", "ClusterRole", name) in EXCEPTIONS:
            continue
        for index, rule in enumerate(roles.get(name, {}).get("rules") or ()):
            if _reads_secrets(rule):
                bound = (
                    f"rules[{index}] reads Secrets of every namespace, bound by {binding['metadata']['name']}"
                )
                remedy = (
                    "use RoleBindings, name the Secrets, or list it in policy/exceptions.py with a reason"
                )
                yield Failure(f"ClusterRole {name}", f"{bound}; {remedy}")


def _reads_secrets(rule: Body) -> bool:
    if rule.get("resourceNames"):
        return False
    core = {"", "*"} & set(rule.get("apiGroups", ()))
    return bool(core and {"secrets", "*"} & set(rule.get("resources", ())) and _READING & set(rule["verbs"]))
