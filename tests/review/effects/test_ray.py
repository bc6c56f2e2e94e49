"""What KubeRay does with a change of a RayService, a RayCluster and a RayJob."""

from typing import Any

from charts_src.objects import Body
from charts_src.review.effects.restarts import restarts
from tests.review.effects.pairs import body, pair


def group(name: str = "workers", **fields: Any) -> Body:
    pod = {"containers": [{"name": "ray-worker", "image": fields.pop("image", "quay.io/a/ray:2.0")}]}
    pod |= fields.pop("pod", {})
    return {"groupName": name, "maxReplicas": 2, **fields, "template": {"spec": pod}}


def cluster(*groups: Body, **fields: Any) -> Body:
    head = {"template": {"spec": {"containers": [{"name": "ray-head", "image": "quay.io/a/ray:2.0"}]}}}
    return {"headGroupSpec": head, "workerGroupSpecs": list(groups or (group(),)), **fields}


def service(config: Body | None = None, serve: str = "a: 1", **spec: Any) -> Body:
    return body(
        "ray.io/v1", "RayService", {"rayClusterConfig": config or cluster(), "serveConfigV2": serve, **spec}
    )


def ray_cluster(config: Body) -> Body:
    return body("ray.io/v1", "RayCluster", config)


def outcome(old: Body, new: Body) -> tuple[str, str]:
    (found,) = restarts(pair([old], [new]))
    return found.when, found.how


LEFT_ALONE = (
    "later",
    "the running cluster is left alone: KubeRay doesn't compare numbers of replicas and tolerations, the "
    "next cluster has them",
)


def test_another_image_starts_a_second_cluster_beside_the_first() -> None:
    new = service(cluster(group(image="quay.io/a/ray:2.1")), rayClusterDeletionDelaySeconds=360)
    (found,) = restarts(pair([service(rayClusterDeletionDelaySeconds=360)], [new]))
    assert found.when == "beside"
    assert found.pods == 3
    assert found.how == (
        "a second cluster starts beside the first, which ends 360 s after the new one took over: there has "
        "to be room for both"
    )


def test_the_first_cluster_ends_after_a_minute_unless_told_otherwise() -> None:
    when, how = outcome(service(), service(cluster(rayVersion="2.1")))
    assert (when, "60 s" in how) == ("beside", True)


def test_another_order_of_variables_starts_a_second_cluster() -> None:
    one, other = (
        {"nodeSelector": {"a": "b"}, "volumes": [{"name": x}, {"name": y}]} for x, y in ("ab", "ba")
    )
    assert outcome(service(cluster(group(pod=one))), service(cluster(group(pod=other))))[0] == "beside"


def test_no_upgrade_strategy_leaves_the_cluster_as_it_is() -> None:
    old, new = (
        service(cluster(rayVersion=version), upgradeStrategy={"type": "None"}) for version in ("2.0", "2.1")
    )
    assert outcome(old, new) == (
        "later",
        "upgradeStrategy None: the running cluster stays until it is deleted",
    )


def test_what_is_served_changes_in_place() -> None:
    when, how = outcome(service(serve="a: 1"), service(serve="a: 2"))
    assert when == "never"
    assert how.startswith("in place: Serve takes the new configuration")


def test_replicas_of_a_service_wait_for_its_next_cluster() -> None:
    assert outcome(service(), service(cluster(group(maxReplicas=9, minReplicas=3)))) == LEFT_ALONE


def test_what_is_served_changes_while_replicas_wait() -> None:
    when, how = outcome(service(serve="a: 1"), service(cluster(group(maxReplicas=9)), serve="a: 2"))
    assert when == "later"
    assert how.startswith("in place: Serve takes the new configuration")
    assert how.endswith(LEFT_ALONE[1])


def test_tolerations_of_a_service_wait_for_its_next_cluster() -> None:
    tolerating = cluster(group(pod={"tolerations": [{"operator": "Exists"}]}))
    assert outcome(service(), service(tolerating)) == LEFT_ALONE


def test_groups_at_the_end_are_added_in_place() -> None:
    assert outcome(service(), service(cluster(group(), group("gpu")))) == (
        "never",
        "in place: the running cluster gets the worker groups gpu",
    )


def test_groups_before_others_start_a_second_cluster() -> None:
    assert outcome(service(), service(cluster(group("gpu"), group())))[0] == "beside"


def test_a_group_less_starts_a_second_cluster() -> None:
    assert outcome(service(cluster(group(), group("gpu"))), service())[0] == "beside"


def test_a_ray_cluster_that_recreates_ends_all_its_pods() -> None:
    old, new = (
        ray_cluster(cluster(rayVersion=version, upgradeStrategy={"type": "Recreate"}))
        for version in ("2.0", "2.1")
    )
    assert outcome(old, new) == (
        "now",
        "Recreate: all its pods end at once, and what runs on them; then new ones start",
    )


def test_a_ray_cluster_keeps_its_pods_without_a_strategy() -> None:
    old, new = (ray_cluster(cluster(rayVersion=version)) for version in ("2.0", "2.1"))
    assert outcome(old, new) == (
        "later",
        "pods that run stay as they are; delete them, the head first, to have them anew",
    )


def test_a_ray_cluster_is_scaled_in_place() -> None:
    old, new = (
        ray_cluster(cluster(group(maxReplicas=number), upgradeStrategy={"type": "Recreate"}))
        for number in (2, 4)
    )
    assert outcome(old, new) == ("never", "in place: workers come and go as their number demands")


def test_a_ray_cluster_is_suspended() -> None:
    found = outcome(ray_cluster(cluster()), ray_cluster(cluster(suspend=True)))
    assert found == ("now", "it is suspended: all its pods end")


def ray_job(**spec: Any) -> Body:
    return body("ray.io/v1", "RayJob", {"rayClusterSpec": cluster(), **spec})


def test_a_ray_job_goes_on_as_it_began() -> None:
    assert outcome(ray_job(entrypoint="a"), ray_job(entrypoint="b")) == (
        "next run",
        "it goes on, or stays ended, as it began; delete it, and Argo CD starts it anew",
    )


def test_a_ray_job_is_suspended() -> None:
    when, how = outcome(ray_job(), ray_job(suspend=True))
    assert when == "now"
    assert how.startswith("it is suspended")
