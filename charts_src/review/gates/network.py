"""Connections that a change opens, compared by what pods may receive and send, not by how rules are written.

Of a pod that is new, only what it may talk to beyond the cluster, or with everybody, is told: its component
has to open something for it.
"""

import re
from collections import defaultdict
from collections.abc import Iterator

from charts_src.diff.compare import Change
from charts_src.objects import Body, Identity
from charts_src.review.finding import Finding
from charts_src.review.gates.traffic import (
    ALL_PODS,
    EVERYTHING,
    Direction,
    Matrix,
    Opening,
    Traffic,
    directions,
    is_any_address,
    matrix,
)
from charts_src.review.sides import Pair

_GATE = "network"
_HASH = re.compile("-[0-9a-f]{8}$")
_SHOWN = 3
"""Connections that a finding names; the rest are counted."""


def gate(pair: Pair) -> Iterator[Finding]:
    """Find policies that let more through, and pods that no policy holds any more."""
    if not any(map(_matters, pair.changes)):
        return
    yield from _denials(pair)
    before, after = matrix(pair.old), matrix(pair.new)
    yield from _released(pair, before, after)
    opened: dict[tuple[Identity, Direction], set[str]] = defaultdict(set)
    for (pod, direction), traffic in after.items():
        old = before.get((pod, direction))
        for opening, policy in traffic.openings.items():
            if traffic.policies and _is_wider(opening, old):
                opened[policy, direction].add(_written(pod, direction, opening))
    for (policy, direction), rows in sorted(opened.items()):
        more = f" and {len(rows) - _SHOWN} more" if len(rows) > _SHOWN else ""
        words = f"opens {'; '.join(sorted(rows)[:_SHOWN])}{more}; name the peers and ports that are needed"
        yield Finding(_GATE, policy, f"spec.{direction}", words)


def _matters(change: Change) -> bool:
    """Say whether a change can open anything: a policy, a namespace, or pods or their labels."""
    if change.identity.kind in ("NetworkPolicy", "Namespace") or change.status != "changed":
        return True
    return any("label" in field.path or "hostNetwork" in field.path for field in change.fields)


def _is_wider(opening: Opening, old: Traffic | None) -> bool:
    if old is None:
        return opening.peer in (EVERYTHING, ALL_PODS) or is_any_address(opening.peer)
    return not any(each.covers(opening) for each in old.openings)


def _written(pod: str, direction: Direction, opening: Opening) -> str:
    ends = (opening.peer, pod) if direction == "ingress" else (pod, opening.peer)
    return f"{ends[0]} -> {ends[1]} ({opening.ports})"


def _denials(pair: Pair) -> Iterator[Finding]:
    """Find policies that closed a whole namespace, for pods of tomorrow too, and do so no longer."""
    for change in pair.changes:
        if change.identity.kind != "NetworkPolicy" or change.status == "added":
            continue
        old = _closes(pair.old.body(change.identity).get("spec") or {})
        new = (
            _closes(pair.new.body(change.identity).get("spec") or {}) if change.status == "changed" else set()
        )
        namespace = Identity("", "Namespace", "", change.identity.namespace)
        if (lost := sorted(old - new)) and (
            namespace in pair.new.objects or namespace not in pair.old.objects
        ):
            if change.status == "removed" and _other(pair, change.identity, set(lost)):
                continue
            words = f"no longer closes {' and '.join(lost)} for all pods of {change.identity.namespace}"
            yield Finding(_GATE, change.identity, "", f"{words}, whatever runs there next is open; keep it")


def _closes(spec: Body) -> set[Direction]:
    return directions(spec) if not spec.get("podSelector") else set()


def _other(pair: Pair, identity: Identity, lost: set[Direction]) -> bool:
    """Say whether another policy closes the namespace."""
    others = (
        located.body.get("spec") or {}
        for each, located in pair.new.objects.items()
        if each.kind == "NetworkPolicy" and each.namespace == identity.namespace
    )
    return lost <= {direction for spec in others for direction in _closes(spec)}


def _released(pair: Pair, before: Matrix, after: Matrix) -> Iterator[Finding]:
    """Find pods that some policy held and none holds, and new ones that none holds in a namespace of ours.

    A Job that is named after its content is the one that was there before.
    """
    open_before = {
        (_HASH.sub("", pod), way) for (pod, way), traffic in before.items() if not traffic.policies
    }
    released: dict[tuple[Identity, Direction], list[str]] = defaultdict(list)
    for (pod, direction), traffic in after.items():
        old = before.get((pod, direction))
        namespace = Identity("", "Namespace", "", pod.partition("/")[0])
        if traffic.policies or (old and not old.policies):
            continue
        if not old and (namespace not in pair.new.objects or (_HASH.sub("", pod), direction) in open_before):
            continue
        if old:
            changed = {change.identity for change in pair.changes}
            policy = min(old.policies & changed or old.policies)
        else:
            policy = namespace
        released[policy, direction].append(pod)
    for (policy, direction), pods in sorted(released.items()):
        what = "be reached by everything" if direction == "ingress" else "reach everything"
        words = f"no policy holds {', '.join(pods)}: it may {what}; select it by a policy"
        yield Finding(_GATE, policy, f"spec.{direction}", words)
