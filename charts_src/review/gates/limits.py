"""Bounds on what pods, namespaces and pools may use that a change takes away."""

from collections.abc import Iterator
from typing import Final

from charts_src.diff.compare import Change
from charts_src.diff.fields import MISSING
from charts_src.objects import Body
from charts_src.review.finding import Finding
from charts_src.review.gates.leaves import leaves
from charts_src.review.gates.places import containers
from charts_src.review.sides import Pair

_GATE = "limits"
_GROUPS = ("limits", "requests")

_WANTED: Final = (("limits", "memory"), ("requests", "cpu"), ("requests", "memory"))
"""What every new container has to say."""

_QUOTAS: Final = {
    "LimitRange": "containers without limits get none any more",
    "ResourceQuota": "the namespace may use all that the nodes have",
}


def gate(pair: Pair) -> Iterator[Finding]:
    """Find limits and requests of containers, quotas and limits of pools that are gone."""
    for change in pair.changes:
        kind = change.identity.kind
        if change.status == "removed" and kind in _QUOTAS:
            words = f"removed: {_QUOTAS[kind]}; bring it back, or sign it off"
            yield Finding(_GATE, change.identity, "", words)
        elif change.status == "changed":
            body = pair.new.body(change.identity)
            yield from _containers(change, pair.old.body(change.identity), body)
            yield from _fields(change, body)


def _containers(change: Change, old: Body, new: Body) -> Iterator[Finding]:
    """Compare container by container; one that is new has to have what all have to have."""
    before = {place.path: _bounds(place.container) for place in containers(old)}
    for place in containers(new):
        bounds = _bounds(place.container)
        for group, resource in sorted(before.get(place.path, set(_WANTED)) - bounds):
            # A limit without a request is a request as well.
            if group == "requests" and ("limits", resource) in bounds:
                continue
            yield Finding(_GATE, change.identity, f"{place.path}.resources.{group}.{resource}", _gone(group))


def _bounds(container: Body) -> set[tuple[str, str]]:
    resources = container.get("resources") or {}
    return {(group, key) for group in _GROUPS for key in resources.get(group) or {}}


def _gone(group: str) -> str:
    if group == "limits":
        return "is gone: the container may use all that its node has; set it"
    return "is gone: the container may be placed where there is no room for it; set it"


def _fields(change: Change, body: Body) -> Iterator[Finding]:
    """Find the same outside of pods, and limits of pools and quotas."""
    known = tuple(place.path for place in containers(body))
    for leaf in leaves(change):
        if leaf.new is not MISSING or leaf.path.startswith(known):
            continue
        group = next((each for each in _GROUPS if f"resources.{each}." in leaf.path), None)
        if group and "resources" in leaf.within:
            yield Finding(_GATE, change.identity, leaf.path, _gone(group))
        elif change.identity.kind == "NodePool" and leaf.path.startswith("spec.limits"):
            message = "is gone: the pool may grow, and cost, without this bound; set it"
            yield Finding(_GATE, change.identity, leaf.path, message)
        elif change.identity.kind in _QUOTAS and leaf.path.startswith("spec."):
            yield Finding(
                _GATE, change.identity, leaf.path, f"is gone: {_QUOTAS[change.identity.kind]}; set it"
            )
