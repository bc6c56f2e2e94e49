"""What a pull request makes of the cost of an environment."""

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from charts_src.model import Environment
from charts_src.model.cost import Budget
from charts_src.review.cost.amounts import Amount, bound
from charts_src.review.cost.environment import EnvironmentCost, environment_cost
from charts_src.review.cost.pools import PoolCost
from charts_src.review.sides import Pair, Side


class PoolChange(NamedTuple):
    """What becomes of one pool."""

    pool: str
    what: str
    """In words, such as `+4 trn1.32xlarge`."""
    ceiling: float
    """US dollars per hour that its ceiling rises by, as far as prices are known."""
    expected: float
    """US dollars per hour that its expected cost rises by, as far as prices are known."""
    beside: str
    """What is unknown on either side; "" when nothing is."""


class PairCost(NamedTuple):
    """The cost of an environment before and after."""

    environment: str
    old: EnvironmentCost | None
    """None where it was not, or where today's model can't read it."""
    new: EnvironmentCost | None
    """None where it is no longer."""
    changes: tuple[PoolChange, ...]
    """Pools that change; empty where a side is missing."""
    budget: tuple[str, ...]
    """Budgets that change, in words."""


def pair_cost(pair: Pair) -> PairCost:
    """Estimate both sides of an environment."""
    new = _cost(pair.new)
    old = new if pair.old == pair.new else _cost(pair.old)
    changes = tuple(_changes(old, new)) if old and new else ()
    return PairCost(pair.name, old, new, changes, tuple(_budget(pair.old.env, pair.new.env)))


def _budget(old: Environment | None, new: Environment | None) -> Iterator[str]:
    for key in Budget.model_fields:
        was, now = (getattr(env.cost.budget, key) if env else None for env in (old, new))
        if old and new and was != now:
            yield f"cost.budget.{key}: {bound(was)} -> {bound(now)}"


def _cost(side: Side) -> EnvironmentCost | None:
    if side.env is None:
        return None
    return environment_cost(side.bodies(), side.env)


def _changes(old: EnvironmentCost, new: EnvironmentCost) -> Iterator[PoolChange]:
    before, after = ({pool.pool: pool for pool in cost.pools} for cost in (old, new))
    for name in sorted(before | after):
        was, now = before.get(name), after.get(name)
        if what := "; ".join(_words(was, now)):
            ceilings = [pool.ceiling if pool else Amount() for pool in (was, now)]
            expected = [pool.expected if pool else Amount() for pool in (was, now)]
            yield PoolChange(
                name,
                what,
                ceilings[1].per_hour - ceilings[0].per_hour,
                expected[1].per_hour - expected[0].per_hour,
                ceilings[1].beside or ceilings[0].beside,
            )


def _words(was: PoolCost | None, now: PoolCost | None) -> Iterator[str]:
    if was is None or now is None:
        yield from (f"+{_all_of(pool)}, new" for pool in (now,) if pool)
        yield from (f"-{_all_of(pool)}, removed" for pool in (was,) if pool)
        return
    if was.max_nodes is None or now.max_nodes is None:
        if was.max_nodes != now.max_nodes:
            yield "has no limit any more" if now.max_nodes is None else "has a limit from now on"
    elif was.max_nodes != now.max_nodes:
        yield f"{now.max_nodes - was.max_nodes:+d} {now.instance_types[0]}"
    if set(was.instance_types) != set(now.instance_types):
        yield f"types: {', '.join(was.instance_types)} -> {', '.join(now.instance_types)}"
    if was.ways != now.ways:
        yield f"bought: {', '.join(was.ways)} -> {', '.join(now.ways)}"
    yield from _expected(was.nodes, now.nodes)


def _all_of(pool: PoolCost) -> str:
    return f"{'any number of' if pool.max_nodes is None else pool.max_nodes} {pool.instance_types[0]}"


def _expected(was: dict[str, int], now: dict[str, int]) -> Iterable[str]:
    more = Counter(now)
    more.subtract(was)
    found = [f"{count:+d} {name}" for name, count in sorted(more.items()) if count]
    return [f"always running: {', '.join(found)}"] if found else []
