"""How KubeRay brings a changed object to running Ray clusters.

Source: ray-operator v1.6.2, controllers/ray: GenerateHashWithoutReplicasAndWorkersToDelete (utils/util.go),
shouldPrepareNewCluster and shouldUpdateCluster (rayservice_controller.go), reconcilePods and
shouldRecreatePodsForUpgrade (raycluster_controller.go), Reconcile (rayjob_controller.go).
"""

from collections.abc import Iterator
from copy import deepcopy
from typing import Final

from charts_src.objects import Body
from charts_src.review.effects.edit import Edit
from charts_src.review.effects.outcome import Outcome

_SCALING: Final = ("maxReplicas", "minReplicas", "replicas")
_FROM_OTHERS: Final = ("schedulingGates", "tolerations")
"""Fields of pods that the hash leaves out because Kueue puts them there."""

_CLUSTER = "spec.rayClusterConfig"

_SERVED = "in place: Serve takes the new configuration, and restarts replicas whose options changed"
_LEFT_ALONE = (
    "the running cluster is left alone: KubeRay doesn't compare numbers of replicas and tolerations, the "
    "next cluster has them"
)


def ray_service(edit: Edit) -> Outcome | None:
    """Say whether a RayService gets a second cluster, changes in place, or stays as it is."""
    old, new = (side["spec"].get("rayClusterConfig", {}) for side in (edit.old, edit.new))
    before, after = _hashed(old), _hashed(new)
    if before != after:
        return _added_groups(before, after) or _another_cluster(edit)
    served = _SERVED if edit.paths("spec.serveConfigV2") else ""
    if edit.paths(_CLUSTER):
        return Outcome("later", "; ".join(filter(None, (served, _LEFT_ALONE))))
    return Outcome("never", served) if served else None


def _added_groups(before: Body, after: Body) -> Outcome | None:
    """Notice groups that were appended, everything else being as it was."""
    groups, more = (side.get("workerGroupSpecs", []) for side in (before, after))
    if len(more) <= len(groups) or after | {"workerGroupSpecs": more[: len(groups)]} != before:
        return None
    names = ", ".join(group["groupName"] for group in more[len(groups) :])
    return Outcome("never", f"in place: the running cluster gets the worker groups {names}")


def _another_cluster(edit: Edit) -> Outcome:
    kind = edit.spec("upgradeStrategy", {}).get("type", "NewCluster")
    if kind != "NewCluster":
        return Outcome("later", f"upgradeStrategy {kind}: the running cluster stays until it is deleted")
    delay = edit.spec("rayClusterDeletionDelaySeconds", 60)
    return Outcome(
        "beside",
        f"a second cluster starts beside the first, which ends {delay} s after the new one took over: there "
        "has to be room for both",
    )


def ray_cluster(edit: Edit) -> Outcome | None:
    """Say whether a RayCluster loses its pods, is scaled, or keeps its pods as they are."""
    if not edit.paths("spec"):
        return None
    if edit.spec("suspend") is True and edit.paths("spec.suspend"):
        return Outcome("now", "it is suspended: all its pods end")
    if _hashed(edit.old["spec"]) == _hashed(edit.new["spec"]):
        return Outcome("never", "in place: workers come and go as their number demands")
    if edit.spec("upgradeStrategy", {}).get("type") == "Recreate":
        return Outcome(
            "now", "Recreate: all its pods end at once, and what runs on them; then new ones start"
        )
    return Outcome("later", "pods that run stay as they are; delete them, the head first, to have them anew")


def ray_job(edit: Edit) -> Outcome | None:
    """Say that a job goes on as it began, unless it is suspended."""
    if not edit.paths("spec"):
        return None
    if edit.spec("suspend") is True and edit.paths("spec.suspend"):
        return Outcome(
            "now", "it is suspended: its cluster is deleted, and it starts from the beginning later"
        )
    return Outcome(
        "next run", "it goes on, or stays ended, as it began; delete it, and Argo CD starts it anew"
    )


def _hashed(cluster: Body) -> Body:
    """Leave out what KubeRay's hash of a cluster's spec leaves out."""
    copy = deepcopy(cluster)
    copy.pop("upgradeStrategy", None)
    for group in _groups(copy):
        pod = group.get("template", {}).get("spec", {})
        for field in _FROM_OTHERS:
            pod.pop(field, None)
    for group in copy.get("workerGroupSpecs", ()):
        for field in (*_SCALING, "scaleStrategy"):
            group.pop(field, None)
    return copy


def _groups(cluster: Body) -> Iterator[Body]:
    if "headGroupSpec" in cluster:
        yield cluster["headGroupSpec"]
    yield from cluster.get("workerGroupSpecs", ())
