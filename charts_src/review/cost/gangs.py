"""Gangs: all pods of a job start together, beside what always runs, or the job never starts."""

from collections.abc import Iterable, Iterator, Sequence

from charts_src.lib.accelerators import EFA
from charts_src.proofs.fitting import requests
from charts_src.proofs.pods import Pod
from charts_src.proofs.tree import Failure, Objects
from charts_src.proofs.workloads import jobs
from charts_src.review.cost.packing import Demand, Filled, Packer

ZONE_LABEL = "topology.kubernetes.io/zone"


def gangs(pods: Iterable[Pod]) -> list[list[Pod]]:
    """Give the pods of each job that starts as a whole, its launcher or head among them."""
    return [job for job in jobs(pods) if any(pod.gang for pod in job)]


def gangs_that_do_not_fit(
    objects: Objects, pods: Iterable[Pod], packer: Packer, running: Sequence[Filled]
) -> Iterator[Failure]:
    """Find every gang without room for all of its pods, and those whose fast links would cross zones.

    `running` are the nodes with what always runs, services at their fewest.
    """
    grouped = _placement_groups(objects)
    for gang in gangs(pods):
        packed = packer.pack([Demand(pod, pod.copies) for pod in gang], running)
        for pod, missing in packed.left:
            pools = ", ".join(sorted({kind.pool for kind in packer.homes(pod)})) or "no pool"
            yield Failure(
                str(pod),
                f"is one of {pod.copies} pods that start together, but {missing} find no room in {pools} "
                "beside what always runs; raise max_nodes or lower the workers",
            )
        for pod in gang:
            mine = [node for node in packed.nodes[len(running) :] if pod in node.pods]
            yield from _scattered(pod, mine, grouped)


def _scattered(pod: Pod, nodes: Sequence[Filled], grouped: set[str]) -> Iterator[Failure]:
    """Find a gang over several nodes whose pool launches in several zones, where its links do not reach."""
    for pool in sorted({node.kind.pool for node in nodes}):
        mine = [node for node in nodes if node.kind.pool == pool]
        zones = sorted(mine[0].kind.node.labels.get(ZONE_LABEL, ()))
        why = (
            "uses EFA"
            if requests(pod.spec).get(EFA)
            else "is in a placement group"
            if pool in grouped
            else ""
        )
        if why and len(mine) > 1 and len(zones) > 1:
            yield Failure(
                str(pod),
                f"{why}, which stays in one zone, but {pool} launches nodes in {', '.join(zones)}; give the "
                "pool one zone",
            )


def _placement_groups(objects: Objects) -> set[str]:
    """Name the pools whose nodes are in a placement group."""
    classes = {
        body["metadata"]["name"]
        for body in objects.values()
        if body["kind"] == "EC2NodeClass" and "placementGroupSelector" in body["spec"]
    }
    return {
        body["metadata"]["name"]
        for body in objects.values()
        if body["kind"] == "NodePool" and body["spec"]["template"]["spec"]["nodeClassRef"]["name"] in classes
    }
