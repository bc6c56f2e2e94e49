"""What a change deletes: objects that hold data or that others live by, and whole applications.

What Argo CD prunes: argo-cd v3.6.1, controller/sync.go (sync-options Prune=false, Delete=false) and
controller/appcontroller.go (finalizer of an Application).
"""

from collections.abc import Iterator
from typing import Any, Final

from charts_src.diff.compare import Change
from charts_src.objects import Body, Identity
from charts_src.review.finding import Finding
from charts_src.review.sides import NO_COMPONENTS, Pair, Side

_GATE = "deletion"
SYNC_OPTIONS = "argocd.argoproj.io/sync-options"

LOST: Final = {
    "CustomResourceDefinition": "all its custom resources are deleted with it, in every namespace",
    "EC2NodeClass": "its node pools launch nothing more",
    "Namespace": "everything in it is deleted with it, what is not in Git too",
    "NodePool": "its nodes are drained and every pod on them is evicted",
    "PersistentVolume": "the claim that is bound to it loses its volume",
    "PersistentVolumeClaim": "its volume goes with it, and the data, but for the reclaim policy Retain",
    "StatefulSet": "its pods stop; their claims and data stay behind without an owner",
    "StorageClass": "claims that name it get no volume any more",
}
"""Kind -> what is lost with an object of it."""

_RUNS: Final = {
    "Alertmanager": "alerts reach nobody",
    "CSIDriver": "its volumes are not mounted any more",
    "CronJob": "it is not started any more",
    "CronWorkflow": "it is not started any more",
    "DaemonSet": "no node has it any more",
    "Deployment": "what it runs stops",
    "ExternalSecret": "the Secret that it made is deleted with it",
    "Ingress": "its address leads nowhere any more",
    "LocalQueue": "jobs that name it wait forever",
    "ClusterQueue": "jobs in it wait forever",
    "Prometheus": "its metrics are gone, and nothing is measured any more",
    "PrometheusRule": "its alerts are not raised any more",
    "RayCluster": "its pods and what they compute are gone",
    "RayService": "what it serves is gone",
    "ScheduledSparkApplication": "it is not started any more",
    "Service": "its name does not resolve any more",
}
"""Kind -> what ends with an object of it; an application that goes as a whole is one finding instead."""


def gate(pair: Pair) -> Iterator[Finding]:
    """Find what is deleted, by leaving Git, by another name or by another application."""
    gone = _emptied(pair)
    for component in sorted(gone):
        yield _application(pair, component)
    for change in pair.changes:
        if change.status == "removed":
            yield from _removed(pair, change, whole=change.component in gone)
        elif change.status == "changed":
            yield from _moved(pair, change)


def _components(side: Side) -> set[str]:
    return {located.component for located in side.objects.values()} - set(NO_COMPONENTS)


def _emptied(pair: Pair) -> set[str]:
    """Give the components of which nothing stays, and those that Argo CD is to know nothing of any more."""
    applications = {
        change.identity.name
        for change in pair.changes
        if change.status == "removed" and change.identity.kind == "Application"
    }
    return _components(pair.old) - _components(pair.new) | applications & _components(pair.old)


def _application(pair: Pair, component: str) -> Finding:
    bodies = [each.body for each in pair.old.objects.values() if each.component == component]
    kept = sum(keeps(body, "Delete=false") for body in bodies)
    identity = _identity(pair, component)
    if identity in pair.new.objects:
        message = (
            f"is emptied: Argo CD refuses to sync it (allowEmpty: false), so its objects ({len(bodies)}) stay"
        )
        remedy = "until someone deletes them; remove the application as well"
        return Finding(_GATE, identity, "", f"{message} {remedy}")
    message = f"is removed: Argo CD deletes {len(bodies) - kept} of its {len(bodies)} objects"
    left = f" and leaves {kept} (Delete=false)" if kept else ""
    return Finding(_GATE, identity, "", f"{message}{left}; bring it back, or sign it off")


def _identity(pair: Pair, component: str) -> Identity:
    """Give the Application of a component."""
    for side in (pair.old, pair.new):
        for identity in side.objects:
            if identity.kind == "Application" and identity.name == component:
                return identity
    return Identity("argoproj.io", "Application", "", component)


def _removed(pair: Pair, change: Change, *, whole: bool) -> Iterator[Finding]:
    identity = change.identity
    loss = LOST.get(identity.kind, "")
    if not whole and not _namespace_goes(pair, identity):
        loss = loss or _RUNS.get(identity.kind, "")
    if not loss or (identity.kind == "StorageClass" and not _in_use(pair.old, identity.name)):
        return
    body = pair.old.body(identity)
    successor = _successor(pair, identity, body)
    empty = " and empty" if identity.kind in LOST else ""
    words = f"renamed to {successor}, which is made anew{empty}" if successor else "removed"
    option = "Delete=false" if whole else "Prune=false"
    if not keeps(body, option):
        yield Finding(_GATE, identity, "", f"{words}: {loss}; move what is needed first")
        return
    count = sum(_inside(each, identity) for each in pair.changes)
    inside = f", what is in it goes now (objects: {count})" if count else ""
    then = f"Argo CD keeps it ({option}){inside}, and nothing corrects it any more; when a person deletes it"
    yield Finding(_GATE, identity, "", f"{words}: {then}, {loss}")


def _namespace_goes(pair: Pair, identity: Identity) -> bool:
    """Say whether the namespace of an object is removed with it, which is a finding of its own."""
    namespace = Identity("", "Namespace", "", identity.namespace)
    return namespace in pair.old.objects and namespace not in pair.new.objects


def _inside(change: Change, identity: Identity) -> bool:
    """Say whether a change removes an object of this namespace."""
    within = identity.kind == "Namespace" and change.identity.namespace == identity.name
    return within and change.status == "removed"


def keeps(body: Body, option: str) -> bool:
    """Say whether Argo CD has an option for an object, such as Prune=false."""
    options = (body["metadata"].get("annotations") or {}).get(SYNC_OPTIONS, "")
    return option in [each.strip() for each in str(options).split(",")]


def _in_use(side: Side, name: str) -> bool:
    """Say whether a claim, or a template of claims, names a StorageClass."""
    return any(_names(located.body, name) for located in side.objects.values())


def _names(value: Any, name: str) -> bool:
    if isinstance(value, dict):
        return value.get("storageClassName") == name or any(_names(each, name) for each in value.values())
    return isinstance(value, list) and any(_names(each, name) for each in value)


def _successor(pair: Pair, identity: Identity, body: Body) -> Identity | None:
    """Find the object that is added with all that this one had but its name."""
    candidates = [
        change.identity
        for change in pair.changes
        if change.status == "added" and change.identity[:2] == identity[:2]
    ]
    return next((each for each in candidates if _nameless(pair.new.body(each)) == _nameless(body)), None)


def _nameless(body: Body) -> Body:
    return {
        **{key: value for key, value in body.items() if key != "metadata"},
        "labels": body["metadata"].get("labels"),
    }


def _moved(pair: Pair, change: Change) -> Iterator[Finding]:
    """Find objects that another application takes over; one that Argo CD keeps is never away."""
    if any(field.path == "(component)" for field in change.fields):
        old, new = pair.old.objects[change.identity], pair.new.objects[change.identity]
        if not keeps(old.body, "Prune=false"):
            message = (
                f"moves from application {old.component} to {new.component}: the first deletes it, the other "
                "makes it anew; annotate it with Prune=false in a change before this one"
            )
            yield Finding(_GATE, change.identity, "", message)
