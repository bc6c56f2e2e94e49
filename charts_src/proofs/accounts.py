"""The ServiceAccount of each pod, also of those whose template is data of a program."""

from collections.abc import Sequence

from charts_src.objects import Identity
from charts_src.proofs.pods import Pod
from charts_src.proofs.tree import Failure, Objects


def missing(objects: Objects, pods: Sequence[Pod]) -> list[Failure]:
    """Find notebooks and other pods of programs whose account is not there, sorted.

    What objects name is proven by the references (closure.py).
    """
    return sorted(
        Failure(str(pod), f"runs as {pod.namespace}/{name}, which is no ServiceAccount; render it")
        for pod in pods
        if pod.owner.kind == "ConfigMap"
        and (name := pod.spec.get("serviceAccountName"))
        and Identity("", "ServiceAccount", pod.namespace, name) not in objects
    )
