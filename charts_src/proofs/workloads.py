"""The pods of an environment by how they come: always there, or with a job; and what runs at one time."""

from collections.abc import Iterable, Sequence

from charts_src.proofs.pods import Pod

STAYING = ("Alertmanager", "Deployment", "Prometheus", "StatefulSet")
"""Kinds of objects whose pods are always there."""

SCALING = ("RayCluster", "RayService")
"""Kinds of objects that are always there, with more or fewer pods as there is work."""

JOBS = (
    "CronWorkflow",
    "MPIJob",
    "RayJob",
    "ScheduledSparkApplication",
    "SparkApplication",
    "WorkflowTemplate",
)
"""Kinds of objects whose pods come and go."""


def jobs(pods: Iterable[Pod]) -> list[list[Pod]]:
    """Give the pods of each job that an object leads to, one list each, in order.

    A workflow leads to the jobs that its steps create; its other steps are jobs of one pod.
    """
    found: dict[tuple[str, str], list[Pod]] = {}
    for pod in pods:
        if pod.owner.kind in JOBS:
            found.setdefault((str(pod.owner), _created(pod)), []).append(pod)
    return [found[key] for key in sorted(found)]


def _created(pod: Pod) -> str:
    """Give the step of a workflow that a pod belongs to; "" outside of workflows."""
    if pod.owner.kind not in ("CronWorkflow", "WorkflowTemplate"):
        return ""
    return pod.path.rpartition(": ")[0] or pod.path


def at_once(pods: Sequence[Pod]) -> list[Pod]:
    """Keep what runs at the same time: of a workflow the largest step, and the largest of created jobs.

    The pods are those of one object.
    """
    if pods[0].owner.kind != "WorkflowTemplate":
        return list(pods)
    largest: dict[str, Pod] = {}
    for pod in pods:
        _, created, role = pod.path.rpartition(": ")
        key = role if created else "step"
        if key not in largest or pod.copies > largest[key].copies:
            largest[key] = pod
    return list(largest.values())
