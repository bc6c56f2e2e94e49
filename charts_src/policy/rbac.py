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


def complete(body: Body) -> Iterator[Violation]:
    """Demand what the API server asks of roles and bindings, and rules: a role without any allows nothing.

    Source: ValidatePolicyRule and ValidateRoleBindingSubject, pkg/apis/rbac/validation/validation.go of
    Kubernetes 1.36.
    """
    if body["kind"] in ("Role", "ClusterRole") and "aggregationRule" not in body:
        if not body.get("rules"):
            yield Violation("rules", "is missing; a role without rules allows nothing")
        for index, rule in enumerate(body.get("rules") or ()):
            wanted = ("verbs",) if rule.get("nonResourceURLs") else ("verbs", "apiGroups", "resources")
            for field in wanted:
                if not rule.get(field):
                    yield Violation(f"rules[{index}].{field}", "is missing; a rule without allows nothing")
    if body["kind"] in ("RoleBinding", "ClusterRoleBinding"):
        if not body.get("subjects"):
            yield Violation("subjects", "is missing; a binding without them gives nobody anything")
        for index, subject in enumerate(body.get("subjects") or ()):
            if subject["kind"] == "ServiceAccount" and not subject.get("namespace"):
                yield Violation(f"subjects[{index}].namespace", "is missing; an account has one")


def silent_account(body: Body) -> Iterator[Violation]:
    """Demand a clear word on the API token of every ServiceAccount; without one each pod gets it."""
    if body["kind"] == "ServiceAccount" and "automountServiceAccountToken" not in body:
        yield Violation("automountServiceAccountToken", "is missing; say true or false")
