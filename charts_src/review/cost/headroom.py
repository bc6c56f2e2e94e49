"""Room for upgrades: a RayService with a new version runs twice until the new cluster serves.

The second cluster starts with its fewest workers while the first may have its most: that many are the
`replicas` here, and KubeRay takes minReplicas for NewClusterWithIncrementalUpgrade (ray-operator v1.6.2,
controllers/ray/rayservice_controller.go). A change of what all services share, such as Ray, comes to all at
once. Everything else counts with its fewest pods: what is not a service has to wait.
"""

from collections.abc import Iterable, Iterator, Sequence

from charts_src.objects import Identity
from charts_src.proofs.pods import Pod
from charts_src.proofs.tree import Failure, Objects
from charts_src.review.cost.packing import Demand, Packer


def upgrades_that_do_not_fit(objects: Objects, staying: Sequence[Pod], packer: Packer) -> Iterator[Failure]:
    """Find what has no room while every RayService runs twice, all first clusters at their most.

    `staying` are the pods of what always runs, services among it.
    """
    twice = set(_upgraded(objects))
    first = [Demand(pod, pod.copies if pod.owner in twice else pod.fewest) for pod in staying]
    second = [Demand(pod, pod.fewest) for pod in staying if pod.owner in twice]
    # What does not even fit once is no question of upgrades; placement finds it.
    for pod, missing in packer.pack(second, packer.pack(first, packer.always()).nodes).left:
        pools = ", ".join(sorted({kind.pool for kind in packer.homes(pod)})) or "no pool"
        yield Failure(
            str(pod),
            f"a new version starts {pod.fewest} more, but {missing} find no room in {pools} while all "
            "services have their most copies; raise max_nodes or lower the copies",
        )


def _upgraded(objects: Objects) -> Iterable[Identity]:
    """Give the RayServices that get a second cluster for a new version; that is the default."""
    return (
        identity
        for identity, body in objects.items()
        if body["kind"] == "RayService"
        and body["spec"].get("upgradeStrategy", {}).get("type", "NewCluster") != "None"
    )
