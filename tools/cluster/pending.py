"""The pods of an environment's workloads as plain Pods, for the scheduler and Karpenter to place.

What decides on the place is kept: requests, selectors, affinities, tolerations, labels; and the annotation
that keeps Karpenter from moving a pod. Volumes are left out, since a pod whose claim is not bound is passed
over; so a volume's zone does not count here.
"""

import re
from typing import NamedTuple

from charts_src import config, state
from charts_src.lib.accelerators import PURPOSE_LABEL
from charts_src.lib.notebooks import profile_pods
from charts_src.model import Environment
from charts_src.objects import Body, Identity
from charts_src.proofs.pods import Pod, all_pods
from charts_src.proofs.workloads import JOBS, SCALING, STAYING, at_once
from tools.cluster.tree import rendered_objects

_KEPT = ("affinity", "nodeSelector", "schedulerName", "tolerations", "topologySpreadConstraints")
PLATFORM = "platform"
"""Name of the workload of all that is always there: operators and their like, on nodes of Karpenter's."""

DO_NOT_DISRUPT = "karpenter.sh/do-not-disrupt"
"""Annotation of pods that Karpenter is not to move."""

WORKLOAD = "genai-on-eks/workload"
"""Label of the pods here: the workload that they are of."""


class Workload(NamedTuple):
    """Pods that come and go together."""

    name: str
    pods: list[Pod]


def workloads(env: str) -> list[Workload]:
    """Give every workload of an environment: the platform, each owner's pods, a notebook of each profile.

    Raises UserError for a problem in the environment, or when it is not rendered.
    """
    notebooks = _notebooks(config.load(env, state.ENVIRONMENTS))
    all_of_it = all_pods(rendered_objects(env).values())
    platform = [pod for pod in all_of_it if pod.owner.kind in STAYING and _on_system_nodes(pod)]
    pods = [pod for pod in all_of_it if pod.owner.kind in (*JOBS, *SCALING)]
    owners = sorted({pod.owner for pod in pods}, key=str)
    found = [
        Workload(_name(str(owner)), at_once([pod for pod in pods if pod.owner == owner])) for owner in owners
    ]
    return [Workload(PLATFORM, platform), *found, *notebooks]


def _on_system_nodes(pod: Pod) -> bool:
    """Say whether a pod is for nodes of Karpenter's, not for those that the cluster comes with."""
    return bool(pod.spec.get("nodeSelector", {}).get(PURPOSE_LABEL) == "system")


def plain(pod: Pod, name: str, workload: str, namespace: str = "") -> Body:
    """Give a Pod that asks for the same place as one of those that a controller would make."""
    spec = {key: pod.spec[key] for key in _KEPT if key in pod.spec}
    spec |= {key: [_container(each) for each in pod.spec[key]] for key in _LISTS if pod.spec.get(key)}
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {
            "name": name,
            "namespace": namespace or pod.namespace,
            "labels": {**_labels(pod), WORKLOAD: workload},
            "annotations": {key: value for key, value in pod.annotations.items() if key == DO_NOT_DISRUPT},
        },
        "spec": {**spec, "automountServiceAccountToken": False, "terminationGracePeriodSeconds": 0},
    }


def pods_for(workload: Workload, namespace: str, most: int | None = None) -> list[Body]:
    """Give the Pods of a workload with all its copies, or at most some of each kind."""
    return [
        plain(pod, f"{workload.name}-{index}-{copy}", workload.name, namespace)
        for index, pod in enumerate(workload.pods)
        for copy in range(pod.copies if most is None else min(pod.copies, most))
    ]


_LISTS = ("initContainers", "containers")
_OF_CONTAINER = ("name", "resources", "restartPolicy")


def _container(container: Body) -> Body:
    kept: Body = {key: container[key] for key in _OF_CONTAINER if key in container}
    return {**kept, "image": "registry.k8s.io/pause:3.10"}


def _labels(pod: Pod) -> dict[str, str]:
    # Placeholders of templates are no values of labels.
    return {
        key: value for key, value in pod.labels.items() if re.fullmatch(r"([A-Za-z0-9][-\w.]*)?", str(value))
    }


def _notebooks(env: Environment) -> list[Workload]:
    return [
        Workload(
            f"notebook-{name}",
            [Pod(Identity("", "Pod", "notebooks", name), "spec", "notebooks", {}, spec)],
        )
        for name, spec in profile_pods(env)
    ]


def _name(owner: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", owner.lower()).strip("-")[:50]
