"""What no longer refuses pods: Pod Security labels of namespaces, admission policies and webhooks.

The order of levels: Kubernetes v1.34.4, staging/src/k8s.io/pod-security-admission/api/constants.go.
"""

from collections.abc import Iterator
from typing import Any, Final

from charts_src.diff.compare import Change
from charts_src.diff.fields import MISSING
from charts_src.objects import Body
from charts_src.review.finding import Finding
from charts_src.review.gates.leaves import Leaf, leaves
from charts_src.review.sides import Pair

_GATE = "privileges"
_LABEL = "pod-security.kubernetes.io/"
_LEVELS: Final = {"restricted": 2, "baseline": 1}
_POLICIES: Final = {
    "MutatingWebhookConfiguration": "what it adds to new objects is missing",
    "ValidatingAdmissionPolicy": "what it refused is allowed",
    "ValidatingAdmissionPolicyBinding": "the policy that it binds refuses nothing",
    "ValidatingWebhookConfiguration": "what it refused is allowed",
}
"""Kind -> what its removal means."""

_FIELDS: Final = (
    "expression",
    "failurePolicy",
    "matchPolicy",
    "operations",
    "policyName",
    "resources",
    "validationActions",
    "values",
)
"""Fields that decide what is refused; another message or version of the API refuses the same."""


def gate(pair: Pair) -> Iterator[Finding]:
    """Find what is refused less than before."""
    for change in pair.changes:
        kind = change.identity.kind
        if kind in _POLICIES and change.status == "removed":
            words = f"removed: {_POLICIES[kind]} from then on; bring it back, or sign it off"
            yield Finding(_GATE, change.identity, "", words)
        elif kind.startswith("ValidatingAdmissionPolicy") and change.status == "changed":
            yield from _policy(change)
        elif kind in _POLICIES and change.status == "changed":
            yield from _webhook(change)
        elif kind == "Namespace" and change.status != "removed":
            yield from _namespace(pair, change)


def _namespace(pair: Pair, change: Change) -> Iterator[Finding]:
    """Compare the levels; a new namespace is compared with the strictest."""
    new = _labels(pair.new.body(change.identity))
    old = _labels(pair.old.body(change.identity)) if change.status == "changed" else {}
    for mode in ("enforce", "audit", "warn"):
        label = f"{_LABEL}{mode}"
        before = old.get(label) if change.status == "changed" else "restricted"
        after = new.get(label)
        if _LEVELS.get(str(after), 0) < _LEVELS.get(str(before), 0):
            message = f"goes from {before} to {after or 'privileged'}: pods in it may do more; keep {before}"
            yield Finding(_GATE, change.identity, f'metadata.labels["{label}"]', message)


def _labels(body: Body) -> Body:
    labels: Body = body["metadata"].get("labels") or {}
    return labels


def _policy(change: Change) -> Iterator[Finding]:
    for leaf in leaves(change):
        decides = leaf.path.startswith("spec.") and any(name in leaf.path for name in _FIELDS)
        if decides and not _stricter(leaf):
            message = (
                f"is {_shown(leaf.new)}, was {_shown(leaf.old)}: see that no pod passes that did not before"
            )
            yield Finding(_GATE, change.identity, leaf.path, message)


def _stricter(leaf: Leaf) -> bool:
    """Say whether a change of a policy can only refuse more: it looks at more, or does more about it."""
    if leaf.key == "failurePolicy":
        return bool(leaf.new == "Fail")
    return leaf.path.endswith("[]") and leaf.old is MISSING and "exclude" not in leaf.path


def _webhook(change: Change) -> Iterator[Finding]:
    for field in change.fields:
        if field.path.startswith("webhooks[name=") and field.path.endswith("]") and field.new is MISSING:
            message = "is removed: what it refused or added is not any more; bring it back, or sign it off"
            yield Finding(_GATE, change.identity, field.path, message)
        elif field.path.endswith(".failurePolicy") and field.old == "Fail":
            message = "lets everything pass when its webhook does not answer; keep Fail"
            yield Finding(_GATE, change.identity, field.path, message)


def _shown(value: Any) -> str:
    return "gone" if value is MISSING else str(value)
