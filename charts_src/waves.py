"""Sync waves: numbers that make Argo CD apply things in the order of their dependencies.

Inside a wave Argo CD sorts by kind (gitops-engine v3.6.1, pkg/sync/sync_tasks.go); waves say what kinds
can't.
"""

from collections.abc import Mapping, Sequence

from charts_src.dependencies import depths, needs, order
from charts_src.objects import Body, Identity
from charts_src.references import Summary, summarise

SYNC_WAVE = "argocd.argoproj.io/sync-wave"
_SYNC_OPTIONS = "argocd.argoproj.io/sync-options"
_COMPARE_OPTIONS = "argocd.argoproj.io/compare-options"

_LAST = ("MutatingWebhookConfiguration", "ValidatingWebhookConfiguration")
"""Kinds that could refuse the rest of their own component."""

_KEPT = ("CustomResourceDefinition", "Namespace", "PersistentVolumeClaim")
"""Kinds whose deletion takes data or other objects along: a person deletes them, no commit does."""

_KEEP = ("Prune=false", "Delete=false")
"""The first holds when the object leaves Git, the second when its Application is deleted."""

_LEAVE = ("IgnoreExtraneous",)
"""Has an Application count as synced with such an object that has left Git. Otherwise the root Application,
whose waves wait for that, would apply nothing more until a person deletes it (argo-cd v3.6.1,
controller/state.go).
"""


def waves(bodies: Sequence[Body]) -> dict[Identity, int]:
    """Give the wave of each object of a component: 0 for what needs nothing else in it.

    Raises UserError for objects that need each other, naming them.
    """
    return _waves([summarise(body) for body in bodies])


def _waves(summaries: Sequence[Summary]) -> dict[Identity, int]:
    found = depths(order(summaries))
    before = [wave for identity, wave in found.items() if identity.kind not in _LAST]
    last = max(before, default=-1) + 1
    return {identity: last if identity.kind in _LAST else wave for identity, wave in found.items()}


def annotate(bodies: Sequence[Body], summaries: Sequence[Summary] = ()) -> list[Body]:
    """Give copies of the objects of a component, with sync waves and protected where deletion hurts.

    Raises UserError for objects that need each other, naming them.
    """
    found = _waves(summaries) if summaries else waves(bodies)
    return [_annotated(body, found[Identity.of(body)]) for body in bodies]


def protection(kind: str) -> dict[str, tuple[str, ...]]:
    """Give the options, by annotation, that keep objects of a kind from being deleted with a commit."""
    return {_SYNC_OPTIONS: _KEEP, _COMPARE_OPTIONS: _LEAVE} if kind in _KEPT else {}


def stays(body: Body) -> bool:
    """Say whether an object stays in the cluster when it leaves Git, until a person deletes it."""
    options: str = body["metadata"].get("annotations", {}).get(_SYNC_OPTIONS, "")
    return _KEEP[0] in options.split(",")


def application_needs(components: Mapping[str, Sequence[Summary]]) -> dict[str, list[str]]:
    """Give, for each component, those that must be healthy before it, sorted."""
    owner = {item.identity: name for name, items in components.items() for item in items}
    graph = needs([item for items in components.values() for item in items])
    return {
        name: sorted({owner[needed] for item in items for needed in graph[item.identity]} - {name})
        for name, items in components.items()
    }


def _annotated(body: Body, wave: int) -> Body:
    annotations = dict(body["metadata"].get("annotations", {}))
    if wave:
        annotations[SYNC_WAVE] = str(wave)
    for key, added in protection(body["kind"]).items():
        options = [option for option in annotations.get(key, "").split(",") if option]
        annotations[key] = ",".join(dict.fromkeys((*options, *added)))
    return body | {"metadata": body["metadata"] | ({"annotations": annotations} if annotations else {})}
