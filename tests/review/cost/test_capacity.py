"""What has to run at once has to fit: gangs, their queues, and services that get a new version."""

from typing import Any

import pytest

from charts_src.objects import Body
from tests.objects import thing
from tests.review.cost.small import deployment, failures, mpi_job, pod, pool, ray_service, system

WORKER: dict[str, Any] = {"cpu": "100", "memory": "300Gi", "wants": {"aws.amazon.com/neuron": "16"}}
EFA: dict[str, Any] = {"wants": {"aws.amazon.com/neuron": "16", "vpc.amazonaws.com/efa": "8"}}
TRAIN = "MPIJob lab/train: spec.mpiReplicaSpecs.Worker.template.spec"
TWO_ZONES = ("us-west-2a", "us-west-2b")


def trainium(**fields: Any) -> list[Body]:
    return pool("trainium", "trn1.32xlarge", **fields)


def test_a_gang_that_fits_is_no_failure() -> None:
    job = mpi_job(4, pod("trainium", **WORKER | EFA))
    assert failures(system(), trainium(efa=True, nodes=4), job) == []


def test_a_gang_larger_than_its_pool_never_starts() -> None:
    assert failures(system(), trainium(nodes=4), mpi_job(5, pod("trainium", **WORKER))) == [
        f"{TRAIN}: is one of 5 pods that start together, but 1 find no room in trainium beside what "
        "always runs; raise max_nodes or lower the workers"
    ]


def test_what_always_runs_takes_room_from_a_gang() -> None:
    server = deployment("server", 1, pod("trainium", wants={"aws.amazon.com/neuron": "1"}))
    job = mpi_job(4, pod("trainium", **WORKER))
    assert failures(system(), trainium(nodes=5), server, job) == []
    assert failures(system(), trainium(nodes=4), server, job) == [
        f"{TRAIN}: is one of 4 pods that start together, but 1 find no room in trainium beside what "
        "always runs; raise max_nodes or lower the workers"
    ]


def test_a_gang_with_efa_is_in_one_zone() -> None:
    job = mpi_job(2, pod("trainium", **WORKER | EFA))
    assert failures(system(), trainium(efa=True, zones=TWO_ZONES), job) == [
        f"{TRAIN}: uses EFA, which stays in one zone, but trainium launches nodes in us-west-2a, "
        "us-west-2b; give the pool one zone"
    ]
    alone = mpi_job(1, pod("trainium", **WORKER | EFA))
    assert failures(system(), trainium(efa=True, zones=TWO_ZONES), alone) == []


def test_a_gang_in_a_placement_group_is_in_one_zone() -> None:
    job = mpi_job(2, pod("trainium", **WORKER))
    assert failures(system(), trainium(zones=TWO_ZONES), job) == []
    assert failures(system(), trainium(zones=TWO_ZONES, group="near"), job) == [
        f"{TRAIN}: is in a placement group, which stays in one zone, but trainium launches nodes in "
        "us-west-2a, us-west-2b; give the pool one zone"
    ]


def queue(name: str, neuron: int, **fields: Any) -> Body:
    """Give a ClusterQueue with a quota of Neuron devices, and of CPUs that are never scarce."""
    limits = fields.pop("resource", {})
    flavors = [
        {
            "name": "trainium",
            "resources": [
                {"name": "cpu", "nominalQuota": "1k"},
                {"name": "aws.amazon.com/neuron", "nominalQuota": str(neuron), **limits},
            ],
        },
        {"name": "system", "resources": [{"name": "cpu", "nominalQuota": "1k"}]},
    ]
    return thing("kueue/ClusterQueue", name, spec={"resourceGroups": [{"flavors": flavors}], **fields})


def flavor(name: str) -> Body:
    return thing("kueue/ResourceFlavor", name, spec={"nodeLabels": {"pool": name}})


def queued(*queues: Body, launcher: Body | None = None) -> list[str]:
    """Give what does not fit of a gang of four whose queue is that of the first ClusterQueue."""
    local = thing("kueue/LocalQueue", "default", "lab", spec={"clusterQueue": queues[0]["metadata"]["name"]})
    job = mpi_job(4, pod("trainium", **WORKER), queue="default")
    if launcher:
        job["spec"]["mpiReplicaSpecs"]["Launcher"]["template"] = launcher
    flavors = [flavor("trainium"), flavor("system")]
    return failures(system(), trainium(nodes=8), job, local, *flavors, *queues)


def test_a_gang_within_the_quota_of_its_queue_starts() -> None:
    assert queued(queue("research", 64)) == []


def test_a_gang_above_the_quota_of_its_queue_waits_for_ever() -> None:
    assert queued(queue("research", 48)) == [
        f"{TRAIN}: 4 pods together ask flavor trainium of ClusterQueue research for 64 of "
        "aws.amazon.com/neuron, of which it may have 48; raise max_nodes or lower the workers"
    ]


@pytest.mark.parametrize(
    ("mine", "other", "may_have"),
    [
        ({}, {}, None),
        ({"resource": {"borrowingLimit": "8"}}, {}, 56),
        ({}, {"resource": {"lendingLimit": "0"}}, 48),
        ({"cohortName": "other"}, {}, 48),
    ],
)
def test_a_gang_may_have_what_the_cohort_lends(
    mine: dict[str, Any], other: dict[str, Any], may_have: int | None
) -> None:
    found = queued(
        queue("research", 48, **{"cohortName": "all", **mine}),
        queue("product", 16, **{"cohortName": "all", **other}),
    )
    expected = f"{TRAIN}: 4 pods together ask flavor trainium of ClusterQueue research for 64 of "
    expected += (
        f"aws.amazon.com/neuron, of which it may have {may_have}; raise max_nodes or lower the workers"
    )
    assert found == ([] if may_have is None else [expected])


def test_all_pods_of_a_gang_share_the_quota() -> None:
    launcher = pod("trainium", wants={"aws.amazon.com/neuron": "1"})
    assert queued(queue("research", 65), launcher=launcher) == []
    assert queued(queue("research", 64), launcher=launcher) == [
        f"{TRAIN}: 4 pods together ask flavor trainium of ClusterQueue research for 64 of "
        "aws.amazon.com/neuron, of which it may have 63; raise max_nodes or lower the workers"
    ]


def test_a_gang_may_have_the_quota_of_the_cohort_itself() -> None:
    cohort = queue("all", 16) | {"kind": "Cohort"}
    assert queued(queue("research", 48, cohortName="all"), cohort) == []
    assert queued(queue("research", 48), cohort) != []


def test_a_gang_for_whose_pool_there_is_no_flavor_never_starts() -> None:
    lacking = queue("research", 64)
    del lacking["spec"]["resourceGroups"][0]["flavors"][0]
    assert queued(lacking) == [
        f"{TRAIN}: has no flavor in the quota of ClusterQueue research, so it never starts; give its "
        "pool a share"
    ]


def test_what_is_not_in_a_queue_has_no_quota() -> None:
    job = mpi_job(4, pod("trainium", **WORKER))
    assert failures(system(), trainium(nodes=8), job, queue("research", 0)) == []


GPU: dict[str, Any] = {"cpu": "6", "memory": "24Gi", "wants": {"nvidia.com/gpu": "1"}}
CHAT = "RayService shop/chat: spec.rayClusterConfig.workerGroupSpecs[0].template.spec"


def served(nodes: int, *more: Body, least: int = 2, most: int = 4, **fields: Any) -> list[str]:
    gpu = pool("gpu", "g6.2xlarge", nodes=nodes)
    return failures(system(), gpu, ray_service("chat", least, most, pod("gpu", **GPU), **fields), *more)


def test_a_new_version_has_its_fewest_copies_beside_the_most_of_the_old_one() -> None:
    assert served(6) == []
    assert served(5) == [
        f"{CHAT}: a new version starts 2 more, but 1 find no room in gpu while all services have their most "
        "copies; raise max_nodes or lower the copies"
    ]


def test_a_service_without_upgrades_never_runs_twice() -> None:
    assert served(4, upgradeStrategy={"type": "None"}) == []
    assert served(4, upgradeStrategy={"type": "NewCluster"}) != []
    assert served(4, upgradeStrategy={"type": "NewClusterWithIncrementalUpgrade"}) != []


def test_other_services_have_new_versions_at_the_same_time() -> None:
    other = ray_service("draw", 1, 2, pod("gpu", **GPU))
    assert served(9, other) == []
    assert served(8, other) == [
        f"{CHAT.replace('chat', 'draw')}: a new version starts 1 more, but 1 find no room in gpu while all "
        "services have their most copies; raise max_nodes or lower the copies"
    ]


def test_what_always_runs_and_finds_no_room_is_a_failure() -> None:
    assert failures(pool("p", "m7i.xlarge", nodes=1), deployment("web", 3, pod("p", cpu="3"))) == [
        "Deployment shop/web: spec.template.spec: always runs, but 2 of 3 find no room; raise max_nodes of "
        "the pool"
    ]
