"""What no longer refuses pods: Pod Security labels of namespaces, admission policies and webhooks.

The order of levels: Kubernetes v1.34.4, staging/src/k8s.io/pod-security-admission/api/constants.go.
"""

import re
from collections.abc import Iterator
from typing import Any, Final

from charts_src.diff.compare import Change
from charts_src.diff.fields import MISSING, FieldChange
from charts_src.objects import Body
from charts_src.review.finding import Finding
from charts_src.review.gates.leaves import Leaf, leaves_of
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

_ENTRY: Final = re.compile(r"webhooks\[name=[^\]]+\]|spec\.validations\[[^\]]+\]")
_LIST: Final = re.compile(r"\[([^\[\]]*)\]\.exists\(")

_FIELDS: Final = (
    "apiVersions",
    "expression",
    "failurePolicy",
    "matchPolicy",
    "operations",
    "policyName",
    "resources",
    "scope",
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
        elif kind in _POLICIES and change.status == "changed":
            yield from _policy(change)
        elif kind == "Namespace" and change.status != "removed":
            yield from _namespace(pair, change)


def _namespace(pair: Pair, change: Change) -> Iterator[Finding]:
    """Compare the levels; a new namespace is compared with the strictest."""
    new = _labels(pair.new.body(change.identity))
    old = _labels(pair.old.body(change.identity)) if change.status == "changed" else None
    for mode in ("enforce", "audit", "warn"):
        label = f"{_LABEL}{mode}"
        before = "restricted" if old is None else str(old.get(label, "privileged"))
        after = str(new.get(label, "privileged"))
        if _LEVELS.get(after, 0) < _LEVELS.get(before, 0):
            words = f"goes from {before} to {after}" if old is not None else f"is {after} in a new namespace"
            message = f"{words}: pods in it may do more; write {before}"
            yield Finding(_GATE, change.identity, f'metadata.labels["{label}"]', message)


def _labels(body: Body) -> Body:
    labels: Body = body["metadata"].get("labels") or {}
    return labels


def _policy(change: Change) -> Iterator[Finding]:
    for field in change.fields:
        if field.new is MISSING and _ENTRY.fullmatch(field.path):
            message = "is removed: what it refused or added is not any more; bring it back, or sign it off"
            yield Finding(_GATE, change.identity, field.path, message)
        elif field.path.startswith(("spec.", "webhooks[")):
            yield from _fields(change, field)


def _fields(change: Change, field: FieldChange) -> Iterator[Finding]:
    for leaf in leaves_of(field):
        if any(name in leaf.path for name in _FIELDS) and not _stricter(leaf):
            message = f"{_difference(leaf)}: see that nothing passes that did not before"
            yield Finding(_GATE, change.identity, leaf.path, message)


def _stricter(leaf: Leaf) -> bool:
    """Say whether a change of a policy can only refuse more: it looks at more, or does more about it."""
    if leaf.key == "failurePolicy":
        return bool(leaf.new == "Fail")
    if leaf.path.endswith("[]"):
        return leaf.old is MISSING and "exclude" not in leaf.path
    old, new = _allowed(leaf.old), _allowed(leaf.new)
    return bool(old and new and old[0] == new[0] and new[1] <= old[1])


def _difference(leaf: Leaf) -> str:
    old, new = _allowed(leaf.old), _allowed(leaf.new)
    if old and new and old[0] == new[0]:
        return f"allows {', '.join(sorted(new[1] - old[1]))} too"
    before, after = ("gone" if value is MISSING else str(value) for value in (leaf.old, leaf.new))
    return f"is {after}, was {before}"


def _allowed(expression: Any) -> tuple[str, set[str]] | None:
    """Take the list out of an expression in CEL that looks for something in a list."""
    found = _LIST.search(expression) if isinstance(expression, str) else None
    if not found:
        return None
    return _LIST.sub("[].exists(", expression), {each.strip() for each in found[1].split(",")}
