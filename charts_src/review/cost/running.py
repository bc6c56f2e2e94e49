"""What jobs cost while they run: the nodes that come for them beside those of what always runs."""

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from charts_src.proofs.pods import Pod
from charts_src.proofs.workloads import JOBS, at_once
from charts_src.review.cost.amounts import Amount
from charts_src.review.cost.packing import Demand, Filled, Packer
from charts_src.review.cost.pools import cost_of


class JobCost(NamedTuple):
    """One job, or one notebook of a profile."""

    job: str
    nodes: dict[str, int]
    """`<pool>: <instance type>` -> nodes that come for it."""
    per_hour: Amount


def job_costs(
    pods: Sequence[Pod], notebooks: Sequence[Pod], packer: Packer, running: Sequence[Filled]
) -> Iterator[JobCost]:
    """Say what each job costs while it runs alone at its largest, and a notebook of each profile.

    `running` are the nodes with what always runs.
    """
    for owner in sorted({pod.owner for pod in pods if pod.owner.kind in JOBS}, key=str):
        largest = at_once([pod for pod in pods if pod.owner == owner])
        yield _cost(str(owner), [Demand(pod, pod.copies) for pod in largest], packer, running)
    for pod in notebooks:
        yield _cost(f"a notebook, {pod.path}", [Demand(pod, 1)], packer, running)


def _cost(name: str, demands: Sequence[Demand], packer: Packer, running: Sequence[Filled]) -> JobCost:
    more = packer.pack(demands, running).nodes[len(running) :]
    nodes = Counter(f"{node.kind.pool}: {node.kind.name}" for node in more)
    return JobCost(name, dict(sorted(nodes.items())), cost_of(more, packer.rates))
