"""The part of the review on capacity and cost."""

from collections.abc import Iterable, Iterator, Sequence

from charts_src.model.cost import Budget
from charts_src.review.cost.amounts import Amount, bound, dollars, monthly, signed
from charts_src.review.cost.change import PairCost, pair_cost
from charts_src.review.cost.environment import EnvironmentCost
from charts_src.review.cost.notes import notes
from charts_src.review.cost.pools import PoolCost
from charts_src.review.page import Block, Bullets, Folded, Section, Table, Text
from charts_src.review.sides import Pair

TITLE = "Capacity and cost"


def costs(pairs: Iterable[Pair]) -> tuple[PairCost, ...]:
    """Give the numbers of each environment, before and after."""
    return tuple(pair_cost(pair) for pair in pairs)


def section(pairs: Sequence[Pair]) -> Section:
    """Say what environments may cost and are expected to, what changes, and what does not fit.

    It is an alarm when a budget is exceeded, or when something that has to run at once does not fit.
    """
    found = costs(pairs)
    wrong = [line for cost in found if cost.new for line in _wrong(cost.new)]
    blocks: list[Block] = [Bullets(tuple(wrong))] if wrong else []
    blocks += [_summary(pairs, found), *_changes(found)]
    for pair, cost in zip(pairs, found, strict=True):
        blocks += _details(pair, cost)
    return Section(TITLE, tuple(blocks), alarm=bool(wrong))


def _wrong(cost: EnvironmentCost) -> Iterator[str]:
    yield from cost.over_budget
    for failure in cost.failures:
        yield f"{cost.environment}: {failure}"


def _summary(pairs: Sequence[Pair], found: Sequence[PairCost]) -> Table:
    header = (
        *("environment", "ceiling $/h", "ceiling a month", "ceiling budget $/h"),
        *("expected $/h", "expected a month", "expected budget $/h", "at most $/h"),
    )
    rows = (_total(pair, cost.new) for pair, cost in zip(pairs, found, strict=True) if cost.new)
    return Table(header, tuple(rows), numbers=tuple(range(1, len(header))))


def _total(pair: Pair, cost: EnvironmentCost) -> tuple[str, ...]:
    budget = pair.new.env.cost.budget if pair.new.env else Budget()
    return (
        cost.environment,
        _known(cost.ceiling),
        monthly(cost.ceiling.per_hour),
        bound(budget.ceiling_per_hour),
        _known(cost.expected),
        monthly(cost.expected.per_hour),
        bound(budget.expected_per_hour),
        _known(cost.at_most),
    )


def _known(amount: Amount) -> str:
    """Write the most that an amount may be, On-Demand."""
    return f"{dollars(amount.per_hour)}{amount.beside}"


def _changes(found: Iterable[PairCost]) -> Iterator[Block]:
    rows = []
    for cost in found:
        yield from (Text(f"{cost.environment}: {line}.") for line in cost.budget)
        if cost.new and not cost.old:
            yield Text(
                f"{cost.environment}: the base has no such environment, or none that this model can read."
            )
        if cost.old and not cost.new:
            yield Text(f"{cost.environment} is removed: ceiling {signed(-cost.old.ceiling.per_hour)}/h.")
        rows += [
            (
                cost.environment,
                each.pool,
                each.what,
                f"{signed(each.ceiling)}/h{each.beside}",
                monthly(each.ceiling),
                f"{signed(each.expected)}/h",
            )
            for each in cost.changes
        ]
    if rows:
        header = ("environment", "pool", "change", "ceiling", "a month", "expected")
        yield Table(header, tuple(rows), numbers=(3, 4, 5))
    else:
        yield Text("No pool changes.")


def _details(pair: Pair, cost: PairCost) -> Iterator[Block]:
    if cost.new and pair.new.env:
        yield Folded(
            f"{cost.environment}: node pools, jobs and prices",
            (_pools(cost.new.pools), _jobs(cost.new), Bullets(tuple(notes(pair.new.env)))),
        )


def _pools(pools: Iterable[PoolCost]) -> Table:
    header = (
        *("pool", "instance types", "bought", "most nodes"),
        *("ceiling $/h", "ceiling as bought $/h", "ceiling a month"),
        *("always running", "expected $/h", "expected as bought $/h", "at most $/h"),
    )
    rows = (
        (
            pool.pool,
            ", ".join(pool.instance_types),
            ", ".join(pool.ways),
            "no limit" if pool.max_nodes is None else str(pool.max_nodes),
            _known(pool.ceiling),
            _bought(pool, pool.ceiling),
            monthly(pool.ceiling.per_hour),
            _counted(pool.nodes),
            _known(pool.expected),
            _bought(pool, pool.expected),
            _known(pool.at_most),
        )
        for pool in pools
    )
    return Table(header, tuple(rows), numbers=(3, 4, 5, 6, 8, 9, 10))


def _bought(pool: PoolCost, amount: Amount) -> str:
    return "by contract" if pool.by_contract else amount.range


def _jobs(cost: EnvironmentCost) -> Table:
    header = ("while it runs", "more nodes", "On-Demand $/h", "as bought $/h")
    rows = ((job.job, _counted(job.nodes), _known(job.per_hour), job.per_hour.range) for job in cost.jobs)
    return Table(header, tuple(rows), numbers=(2, 3))


def _counted(nodes: dict[str, int]) -> str:
    return ", ".join(f"{count} x {name}" for name, count in nodes.items()) or "none"
