"""How Kubernetes' own controllers bring a changed pod template to running pods.

Source: Kubernetes 1.35.4, pkg/apis/apps/v1/defaults.go (the defaults) and pkg/controller/{deployment,daemon,
statefulset}; a pod template that differs in any way, if only in its order, is another one.
"""

from typing import Any, Final

from charts_src.review.effects.edit import Edit
from charts_src.review.effects.outcome import Outcome

ROLLED: Final = ("DaemonSet", "Deployment", "StatefulSet")
"""Kinds whose pods are replaced when their pod template changes."""

_TEMPLATE = "spec.template"

_TEMPLATES: Final = ("ClusterWorkflowTemplate", "WorkflowTemplate")
_SCHEDULES: Final = ("CronJob", "CronWorkflow", "ScheduledSparkApplication")
"""Kinds that own what they start."""

_RUN_ONCE: Final = ("Job", "MPIJob", "RayJob", "SparkApplication", "Workflow")


def deployment(edit: Edit) -> Outcome | None:
    """Say how a Deployment replaces its pods; None if it keeps them."""
    if not edit.paths(_TEMPLATE):
        return None
    strategy = edit.spec("strategy", {})
    if edit.spec("paused"):
        return Outcome("later", "it is paused: its pods stay until it is resumed")
    if strategy.get("type") == "Recreate":
        return Outcome("now", "Recreate: all pods end, then new ones start")
    rolling = strategy.get("rollingUpdate", {})
    away, more = rolling.get("maxUnavailable", "25%"), rolling.get("maxSurge", "25%")
    return Outcome("now", f"rolling: at most {away} away, {more} more at a time")


def daemon_set(edit: Edit) -> Outcome | None:
    """Say how a DaemonSet replaces its pods; None if it keeps them."""
    if not edit.paths(_TEMPLATE):
        return None
    strategy = edit.spec("updateStrategy", {})
    if strategy.get("type") == "OnDelete":
        return Outcome("later", "OnDelete: each pod stays until somebody deletes it, or its node ends")
    rolling = strategy.get("rollingUpdate", {})
    away, more = rolling.get("maxUnavailable", 1), rolling.get("maxSurge", 0)
    surge = f", {more} more" if _some(more) else ""
    return Outcome("now", f"rolling: on at most {away} of its nodes at a time{surge}")


def stateful_set(edit: Edit) -> Outcome | None:
    """Say how a StatefulSet replaces its pods; None if it keeps them."""
    if not edit.paths(_TEMPLATE):
        return None
    strategy = edit.spec("updateStrategy", {})
    if strategy.get("type") == "OnDelete":
        return Outcome("later", "OnDelete: each pod stays until somebody deletes it")
    rolling = strategy.get("rollingUpdate", {})
    partition = rolling.get("partition", 0)
    if partition >= edit.spec("replicas", 1) > 0:
        return Outcome("later", f"partition {partition} holds all of its pods")
    below = f", pods below {partition} stay" if partition else ""
    away = rolling.get("maxUnavailable", 1)
    return Outcome("now", f"rolling: at most {away} at a time, the last one first{below}")


def next_run(edit: Edit) -> Outcome | None:
    """Say of what starts pods from time to time that its next pods are new ones."""
    if not edit.paths("spec"):
        return None
    return Outcome("next run", "what runs goes on as it began; the next run has the change")


def gone(kind: str) -> Outcome:
    """Say what becomes of the pods of an object that is removed."""
    if kind in _TEMPLATES:
        return Outcome("next run", "no more runs start; what runs goes on")
    if kind in _SCHEDULES:
        return Outcome("ends", "no more runs start, and one that runs ends")
    if kind in _RUN_ONCE:
        return Outcome("ends", "it ends, unless it has ended already")
    return Outcome("ends", "its pods end")


def _some(number: Any) -> bool:
    return str(number).rstrip("%") != "0"
