"""Permissions that a program loses while it stays what it is: it fails when it next needs them."""

from collections.abc import Iterator
from typing import Final

from charts_src.objects import Identity
from charts_src.review.finding import Finding
from charts_src.review.gates.grants import Permission, Source, covered, grants
from charts_src.review.gates.leaves import last
from charts_src.review.sides import Pair

_GATE = "permissions"
_KINDS: Final = ("ClusterRole", "ClusterRoleBinding", "Role", "RoleBinding")
_SHOWN = 3


def gate(pair: Pair) -> Iterator[Finding]:
    """Find accounts that stay and may do less, in components whose images stay the same."""
    if not any(change.identity.kind in _KINDS for change in pair.changes):
        return
    bumped = _bumped(pair)
    after = grants(pair.new)
    for subject, before in grants(pair.old).items():
        account = Identity("", subject.kind, subject.namespace, subject.name)
        if subject.kind == "ServiceAccount" and account not in pair.new.objects:
            continue
        has = after.get(subject, {})
        lost = {each: source for each, source in before.items() if not covered(each, has)}
        if lost and not bumped & _components(pair, lost):
            yield Finding(_GATE, account, "", _message(lost))


def _bumped(pair: Pair) -> set[str]:
    """Give the components of which a program gets another image; a new version may need less."""
    return {
        change.component
        for change in pair.changes
        if any(last(field.path) == "image" for field in change.fields)
    }


def _components(pair: Pair, lost: dict[Permission, Source]) -> set[str]:
    return {pair.old.objects[source.binding].component for source in lost.values()}


def _message(lost: dict[Permission, Source]) -> str:
    words = sorted({f"{each.verb} {each.resource}" for each in lost})
    more = f" and {len(words) - _SHOWN} more" if len(words) > _SHOWN else ""
    role = next(iter(lost.values())).role
    return f"may no longer {', '.join(words[:_SHOWN])}{more}, by {role}: what runs as it may fail; check that"
