"""What an environment may cost, what it is expected to cost, and whether all fits that has to run at once."""

from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import NamedTuple

from charts_src.model import Environment
from charts_src.proofs.pods import all_pods
from charts_src.proofs.report import notebooks
from charts_src.proofs.tree import Failure, Objects
from charts_src.proofs.workloads import SCALING, STAYING
from charts_src.review.cost.amounts import Amount, dollars, total
from charts_src.review.cost.gangs import gangs_that_do_not_fit
from charts_src.review.cost.ground import Kind, kinds_of
from charts_src.review.cost.headroom import upgrades_that_do_not_fit
from charts_src.review.cost.packing import Demand, Packer
from charts_src.review.cost.pools import PoolCost, pool_cost
from charts_src.review.cost.quota import gangs_over_quota
from charts_src.review.cost.rates import Rates
from charts_src.review.cost.running import JobCost, job_costs


class EnvironmentCost(NamedTuple):
    """All of it; amounts are US dollars per hour."""

    environment: str
    pools: tuple[PoolCost, ...]
    jobs: tuple[JobCost, ...]
    ceiling: Amount
    """Every pool at its limit."""
    expected: Amount
    """What always runs, services at their fewest."""
    at_most: Amount
    """What always runs, services at their most."""
    over_budget: tuple[str, ...]
    """Budgets that are exceeded, in words."""
    failures: tuple[Failure, ...]
    """What has to run at once and does not fit."""


def environment_cost(objects: Objects, env: Environment) -> EnvironmentCost:
    """Estimate the cost of an environment from its rendered objects."""
    pods, rates = all_pods(objects.values()), Rates.of(env)
    packer = Packer(kinds_of(objects, env, pods), rates)
    staying = [pod for pod in pods if pod.owner.kind in (*STAYING, *SCALING)]
    least = packer.pack([Demand(pod, pod.fewest) for pod in staying], packer.always())
    most = packer.pack([Demand(pod, pod.copies) for pod in staying], packer.always())
    pools = tuple(
        pool_cost(list(kinds), least.nodes, most.nodes, rates)
        for _, kinds in groupby(sorted(packer.kinds, key=_pool), key=_pool)
    )
    ceiling, expected = total(pool.ceiling for pool in pools), total(pool.expected for pool in pools)
    return EnvironmentCost(
        env.name,
        pools,
        tuple(job_costs(pods, notebooks(env), packer, least.nodes)),
        ceiling,
        expected,
        total(pool.at_most for pool in pools),
        tuple(_over_budget(env, ceiling, expected)),
        (
            *_unbounded(pools),
            *map(_homeless, least.left),
            *gangs_that_do_not_fit(objects, pods, packer, least.nodes),
            *gangs_over_quota(objects, pods),
            *upgrades_that_do_not_fit(objects, staying, packer),
        ),
    )


def _pool(kind: Kind) -> str:
    return kind.pool


def _over_budget(env: Environment, ceiling: Amount, expected: Amount) -> Iterator[str]:
    budget = env.cost.budget
    for key, limit, amount, remedy in (
        ("ceiling_per_hour", budget.ceiling_per_hour, ceiling, "lower max_nodes"),
        ("expected_per_hour", budget.expected_per_hour, expected, "lower the copies of services"),
    ):
        if limit is not None and amount.per_hour > limit:
            yield (
                f"environments/{env.name}.yaml: cost.budget.{key}: {amount} is above {dollars(limit)}/h; "
                f"{remedy}, or raise the budget"
            )


def _unbounded(pools: Iterable[PoolCost]) -> Iterator[Failure]:
    for pool in pools:
        if pool.max_nodes is None:
            yield Failure(
                f"NodePool {pool.pool}", "has no limit, so nothing bounds its cost; set limits.nodes"
            )


def _homeless(demand: Demand) -> Failure:
    return Failure(
        str(demand.pod),
        f"always runs, but {demand.copies} of {demand.pod.fewest} find no room; raise max_nodes of the pool",
    )
