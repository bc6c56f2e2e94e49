"""Pods that no schema of their object describes: in texts, and in fields that take anything.

kubeconform reads objects; the manifest in a workflow is a text to it, and the templates of Spark take any field
(x-kubernetes-preserve-unknown-fields), which Spark then ignores.
"""

from collections.abc import Sequence

from charts_src.model import Environment
from charts_src.proofs.pods import Pod
from charts_src.proofs.tree import Failure
from charts_src.schema import store

_ANYTHING = ("ConfigMap", "ScheduledSparkApplication", "SparkApplication")
"""Kinds whose pods the schema of the kind leaves open."""

_TEXT = "resource.manifest: "


def misspelled(pods: Sequence[Pod], env: Environment) -> list[Failure]:
    """Find fields of such pods that a pod of this Kubernetes minor has not, sorted."""
    return sorted(
        Failure(str(pod), problem)
        for pod in pods
        if pod.owner.kind in _ANYTHING or _TEXT in pod.path
        for problem in store.problems(
            {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": pod.owner.name}, "spec": pod.spec},
            env.kubernetes,
        )
    )
