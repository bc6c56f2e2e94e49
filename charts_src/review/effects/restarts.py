"""Which workloads a pull request restarts, when and how, and which keep running as they are."""

from collections.abc import Callable, Iterator
from typing import Final, NamedTuple

from charts_src.objects import Body, Identity
from charts_src.proofs.pods import Pod, all_pods, pods_of
from charts_src.review.effects import controllers, operators, ray, settings
from charts_src.review.effects.drift import node_class, node_pool, pools_of
from charts_src.review.effects.edit import Edit, edits
from charts_src.review.effects.outcome import ENDING, Outcome, When
from charts_src.review.effects.replaced import replaced
from charts_src.review.effects.tenants import described, tenants
from charts_src.review.sides import Pair, Side


class Restart(NamedTuple):
    """What becomes of the pods of a workload, or of the nodes of a pool."""

    subject: Identity
    component: str
    when: When
    how: str
    pods: int | None
    """How many pods there are at most; None is one on each node that it may run on, or unknown."""


def restarts(pair: Pair) -> list[Restart]:
    """Say of each workload, pool and setting that changes what becomes of running pods."""
    found = [*_changed(pair), *_removed(pair)]
    ending = {restart.subject for restart in found if restart.when in ENDING}
    return [*found, *(each for each in _by_settings(pair) if each.subject not in ending)]


def _changed(pair: Pair) -> Iterator[Restart]:
    refused = {each.subject for each in replaced(pair)}
    for edit in edits(pair):
        outcome = _replaced(edit) if edit.subject in refused else _outcome(edit, pair.new)
        if outcome and outcome.when == "nodes":
            moving = tenants(_pools(edit, pair.new), pair.new)
            yield _moved(edit.subject, edit.component, outcome.how, moving)
        elif outcome:
            yield Restart(edit.subject, edit.component, outcome.when, outcome.how, _number(edit.new))


def _outcome(edit: Edit, side: Side) -> Outcome | None:
    if edit.subject.kind == "EC2NodeClass":
        return node_class(edit, _all_pools(side))
    say = _SAYS.get(edit.subject.kind)
    return say(edit) if say else None


def _replaced(edit: Edit) -> Outcome | None:
    if not pods_of(edit.new):
        return None
    if edit.subject.kind == "StatefulSet":
        return Outcome("now", "refused as it is; its pods run on while it is deleted with --cascade=orphan")
    return Outcome("now", "refused as it is; its pods end when it is replaced")


def _removed(pair: Pair) -> Iterator[Restart]:
    for change in pair.changes:
        if change.status == "removed":
            body = pair.old.objects[change.identity].body
            if change.identity.kind == "NodePool":
                how = "it goes: its nodes drain and end"
                moving = tenants([change.identity.name], pair.old)
                yield _moved(change.identity, change.component, how, moving)
            elif pods_of(body):
                when, how = controllers.gone(change.identity.kind)
                yield Restart(change.identity, change.component, when, how, _number(body))


def _moved(subject: Identity, component: str, how: str, pods: list[Pod]) -> Restart:
    copies = sum(pod.copies for pod in pods) if pods else None
    return Restart(subject, component, "nodes", how + described(pods), copies)


def _pools(edit: Edit, side: Side) -> list[str]:
    return (
        [edit.subject.name]
        if edit.subject.kind == "NodePool"
        else pools_of(edit.subject.name, _all_pools(side))
    )


def _all_pools(side: Side) -> list[Body]:
    return [each.body for key, each in side.objects.items() if key.kind == "NodePool"]


def _by_settings(pair: Pair) -> Iterator[Restart]:
    changed = [
        edit.subject
        for edit in edits(pair)
        if edit.subject.kind in ("ConfigMap", "Secret") and edit.paths(*settings.DATA)
    ]
    pods = all_pods(each.body for each in pair.new.objects.values()) if changed else []
    for use in settings.uses(changed, pods):
        located, names = pair.new.objects[use.workload], ", ".join(use.sources)
        outcome = Outcome("later", f"{names} changed, the pod template did not: {use.how}")
        if _SAYS.get(use.workload.kind) is controllers.next_run:
            outcome = Outcome("next run", f"{names} changed")
        yield Restart(use.workload, located.component, *outcome, pods=_number(located.body))


def _number(body: Body) -> int | None:
    pods = pods_of(body)
    if not pods or any(pod.daemon for pod in pods):
        return None
    return sum(pod.copies for pod in pods)


def _priority_class(edit: Edit) -> Outcome | None:  # noqa: ARG001
    return Outcome("later", "running pods keep the priority that they began with")


def _storage_class(edit: Edit) -> Outcome | None:  # noqa: ARG001
    return Outcome("later", "volumes that are there stay as they are; only those made from now on have it")


_SAYS: Final[dict[str, Callable[[Edit], Outcome | None]]] = {
    "Alertmanager": operators.monitoring,
    "ClusterWorkflowTemplate": controllers.next_run,
    "CronJob": controllers.next_run,
    "CronWorkflow": controllers.next_run,
    "DaemonSet": controllers.daemon_set,
    "Deployment": controllers.deployment,
    "MPIJob": operators.mpi_job,
    "NodePool": node_pool,
    "PriorityClass": _priority_class,
    "Prometheus": operators.monitoring,
    "RayCluster": ray.ray_cluster,
    "RayJob": ray.ray_job,
    "RayService": ray.ray_service,
    "ScheduledSparkApplication": controllers.next_run,
    "SparkApplication": operators.spark_application,
    "StatefulSet": controllers.stateful_set,
    "StorageClass": _storage_class,
    "WorkflowTemplate": controllers.next_run,
}
