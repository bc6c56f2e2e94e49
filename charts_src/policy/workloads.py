"""Rules for what makes pods from a template."""

from collections.abc import Iterator

from charts_src.objects import Body
from charts_src.policy.rule import Violation

_KINDS = ("DaemonSet", "Deployment", "StatefulSet")


def own_pods(body: Body) -> Iterator[Violation]:
    """Demand that a workload selects the pods that it makes; the API server refuses it otherwise."""
    if body["kind"] not in _KINDS:
        return
    labels = body["spec"]["template"].get("metadata", {}).get("labels", {})
    for key, value in body["spec"].get("selector", {}).get("matchLabels", {}).items():
        if labels.get(key) != value:
            message = f"is {value}, its pods have {labels.get(key, 'none')}; write the same"
            yield Violation(f"spec.selector.matchLabels.{key}", message)
