"""Rules for roles."""

from collections.abc import Iterator

from charts_src.objects import Body
from charts_src.policy.rule import Violation


def no_wildcards(body: Body) -> Iterator[Violation]:
    """Refuse `*` for verbs, resources and API groups, so that a role says what it allows."""
    if body["kind"] not in ("Role", "ClusterRole"):
        return
    for index, rule in enumerate(body.get("rules") or ()):
        for field in ("verbs", "resources", "apiGroups"):
            if "*" in rule.get(field, ()):
                yield Violation(f"rules[{index}].{field}", "has a wildcard; name what is needed")


def no_cluster_secrets(body: Body) -> Iterator[Violation]:
    """Refuse Secrets in a ClusterRole, which may be bound for all namespaces; a Role is bound in its own."""
    if body["kind"] != "ClusterRole":
        return
    for index, rule in enumerate(body.get("rules") or ()):
        if "" in rule.get("apiGroups", ()) and "secrets" in rule.get("resources", ()):
            yield Violation(
                f"rules[{index}].resources", "has the Secrets of all namespaces; grant them in Roles"
            )
