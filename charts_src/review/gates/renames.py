"""Objects that get another name: the old one is deleted and a new one made, with a gap between."""

from collections.abc import Iterator
from typing import Final

from charts_src.objects import Body, Identity
from charts_src.review.finding import Finding
from charts_src.review.sides import Pair

_GATE = "renames"

_GAPS: Final = {
    "ClusterRoleBinding": "its accounts may do nothing in between",
    "Ingress": "its targets are registered anew, and requests fail in between",
    "NetworkPolicy": "what it allows is cut in between",
    "PodDisruptionBudget": "its pods may all be evicted in between",
    "RoleBinding": "its accounts may do nothing in between",
    "Secret": "what it held is made anew",
    "ServiceAccount": "what AWS and other files give the account by its name is lost",
}
"""Kind -> what the change of a name does. gates/deletion.py has what runs and what holds data."""


def gate(pair: Pair) -> Iterator[Finding]:
    """Find objects that leave while an equal one of another name comes."""
    added = [change.identity for change in pair.changes if change.status == "added"]
    for change in pair.changes:
        gap = _GAPS.get(change.identity.kind)
        if change.status != "removed" or not gap:
            continue
        body = _nameless(pair.old.body(change.identity))
        for other in added:
            if _same_place(other, change.identity) and _nameless(pair.new.body(other)) == body:
                message = f"becomes {other}: {gap}; keep the name, or sign it off"
                yield Finding(_GATE, change.identity, "metadata.name", message)


def _same_place(one: Identity, other: Identity) -> bool:
    return one[:3] == other[:3]


def _nameless(body: Body) -> Body:
    return {key: value for key, value in body.items() if key != "metadata"}
