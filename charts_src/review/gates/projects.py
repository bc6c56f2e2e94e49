"""What Argo CD may apply, and from where: projects that admit more, applications with another source.

What a project admits: argo-cd v3.6.1, pkg/apis/application/v1alpha1/types.go (AppProjectSpec).
"""

from collections.abc import Iterator
from typing import Final

from charts_src.diff.fields import MISSING
from charts_src.review.finding import Finding
from charts_src.review.gates.leaves import Leaf, leaves
from charts_src.review.sides import Pair

_GATE = "rbac"
_SOURCE: Final = ("spec.source.repoURL", "spec.source.targetRevision", "spec.project")


def gate(pair: Pair) -> Iterator[Finding]:
    """Find projects that admit another repository or everything, and applications with another source."""
    for change in pair.changes:
        if change.status == "changed" and change.identity.kind in ("Application", "AppProject"):
            for leaf in leaves(change):
                if message := _message(change.identity.kind, leaf):
                    yield Finding(_GATE, change.identity, leaf.path, message)


def _message(kind: str, leaf: Leaf) -> str:
    if kind == "AppProject" and leaf.new is not MISSING:
        if leaf.new == "*":
            return "admits everything; name what is needed"
        if leaf.path.startswith("spec.sourceRepos"):
            return f"lets manifests come from {leaf.new}; see that it is ours"
    if kind == "Application" and leaf.path in _SOURCE and MISSING not in (leaf.old, leaf.new):
        return f"is {leaf.new}, was {leaf.old}: whoever writes there decides what runs; see that it is ours"
    return ""
