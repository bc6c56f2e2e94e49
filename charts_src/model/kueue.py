"""The section of Kueue: who may use how much of the node pools at a time."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Annotated, Literal

from pydantic import Field

from charts_src.lib.queues import QUEUE, QUEUE_NAMESPACES
from charts_src.model.base import VERSION, Model, Name, Problem, Quantity
from charts_src.model.karpenter import Karpenter
from charts_src.model.node_pool import NodePool
from charts_src.model.placing import known
from charts_src.model.serving import Need

Percent = Annotated[int, Field(ge=0, le=100)]
"""A part of something, 0 to 100."""

QueueNamespace = Literal["ray", "spark-jobs", "training"]
"""Namespace with queues: one of lib/queues.QUEUE_NAMESPACES."""


class PoolShares(Model):
    """How much of each kind of node pool the queues hand out, in percent of its nodes.

    The rest is for pods that no queue counts: services, operators, Spark.
    """

    system: Percent = 50
    """Pools where operators run too; jobs have launchers and Ray heads there."""

    inference: Percent = 0
    """Pools of services, which start without a queue."""

    training: Percent = 100
    """Pools of training jobs, all of which wait in a queue."""

    batch: Percent = 50
    """CPU pools of batch jobs, where Spark runs too."""


class Team(Model):
    """Some people who share a part of the node pools."""

    share: Annotated[int, Field(ge=1, le=100)]
    """Percent of what the queues hand out that is always theirs. What one team leaves, others may borrow,
    and give back when it asks."""

    default_in: tuple[QueueNamespace, ...] = ()
    """Namespaces whose queue `default` is theirs. In each namespace there is also a queue with the name of
    each team."""


class Kueue(Model):
    """Queues: a job starts when the quota of its team has room for all of its pods."""

    version: Annotated[Literal["0.19.2"], VERSION] = "0.19.2"
    """Version of Kueue and its CRDs."""

    replicas: Annotated[int, Field(ge=1, le=3)] = 2
    """Pods of the controller; one leads, all of them answer for the webhooks."""

    cpu: Quantity = "500m"
    """CPU of each pod, request and limit."""

    memory: Quantity = "512Mi"
    """Memory of each pod, request and limit."""

    pods_ready_minutes: Annotated[int, Field(ge=25, le=240)] = 45
    """Time from a job's start until all of its pods must run, or it gives its nodes back and waits again.
    A node with accelerators takes 15 to 20 minutes to launch and to pull its image."""

    retries: Annotated[int, Field(ge=0, le=100)] = 3
    """How often such a job starts again, later each time, before it is left for a person: each try pays for
    the nodes that did come."""

    pool_shares: PoolShares = PoolShares()
    """How much of each kind of node pool the queues hand out."""

    teams: Annotated[Mapping[Name, Team], Field(min_length=1)] = {
        "platform": Team(share=100, default_in=("ray", "spark-jobs", "training"))
    }
    """Teams by name."""

    def problems(self) -> Iterable[Problem]:
        """Find shares that add up to more than there is, and a namespace with no default queue, or two."""
        total = sum(team.share for team in self.teams.values())
        if total > 100:
            yield Problem(("teams",), f"have shares of {total} percent together; lower them to 100 or less")
        if QUEUE in self.teams:
            yield Problem(
                ("teams", QUEUE), f"{QUEUE} is the name of the queue in each namespace; rename the team"
            )
        for namespace in QUEUE_NAMESPACES:
            owners = [name for name, team in self.teams.items() if namespace in team.default_in]
            if len(owners) != 1:
                found = f"the teams {' and '.join(owners)} have" if owners else "no team has"
                yield Problem(("teams",), f"{found} {namespace} in default_in; name it for exactly one team")


def queued_nodes(kueue: Kueue, pool: NodePool) -> int:
    """Give how many nodes of a pool the queues hand out; none of those with shared GPUs.

    A job asks for whole GPUs, and a share has a resource of its own, which no quota covers.
    """
    if pool.gpu_sharing:
        return 0
    share: int = getattr(kueue.pool_shares, pool.purpose)
    return pool.max_nodes * share // 100


def check(kueue: Kueue, karpenter: Karpenter, services: Iterable[Need]) -> Iterable[Problem]:
    """Find pools of services that queues and services together would fill beyond their limits.

    Paths start at the environment. Unknown instance types are the node pools' problem.
    """
    if not known(karpenter):
        return
    asked = defaultdict(list)
    for need in services:
        asked[need.accelerator].append(need)
    pools = karpenter.node_pools.values()
    for accelerator, needs in asked.items():
        mine = [pool for pool in pools if pool.purpose == "inference" and pool.accelerator == accelerator]
        limit = sum(_accelerators(pool) * pool.max_nodes for pool in mine)
        queued = sum(_accelerators(pool) * queued_nodes(kueue, pool) for pool in mine)
        needed = sum(need.accelerators for need in needs)
        if queued and needed <= limit < needed + queued:
            who = " and ".join(".".join(need.where) for need in needs)
            yield Problem(
                ("kueue", "pool_shares", "inference"),
                f"hands out {queued} of {limit} {accelerator} accelerators, of which "
                f"{who} {'needs' if len(needs) == 1 else 'need'} {needed}; lower it or raise max_nodes",
            )


def _accelerators(pool: NodePool) -> int:
    return max(item.accelerators for item in pool.types)
