"""What is to be known about the numbers: where prices are from, of which day, and what is not counted."""

from collections.abc import Iterator, Sequence

from charts_src.lib.prices import prices
from charts_src.lib.regional_prices import regional_prices
from charts_src.model import Environment
from charts_src.review.cost.rates import RESERVED, SPOT, Rates

_RESERVED = (
    "Reserved nodes cost what the contract says; where cost.prices.reserved does not have it, they count as "
    "On-Demand. A reservation is paid for whether its nodes run or not."
)
_ESTIMATE = (
    "Nodes for what runs are an estimate, first fit; `make plan-nodes ENV={name}` asks Karpenter itself. "
    "Operators, services and the Ray cluster always run: expected is with the fewest copies."
)
_NOT_COUNTED = (
    "Not counted, as no pinned package has their prices: the EKS control plane, disks and file systems, NAT "
    "gateways, load balancers, traffic and logs. A month has 730 hours."
)


def notes(env: Environment) -> list[str]:
    """Give the notes on the cost of an environment."""
    ways = {way for pool in env.karpenter.node_pools.values() for way in pool.capacity}
    return [
        f"{prices().note(env.aws.region)}.",
        *_own(env),
        *_older(env, Rates.of(env)),
        *([_spot(env)] if SPOT in ways else []),
        *([_RESERVED] if RESERVED in ways else []),
        _ESTIMATE.format(name=env.name),
        _NOT_COUNTED,
    ]


def _own(env: Environment) -> Iterator[str]:
    if own := env.cost.prices:
        named = sorted({*own.on_demand, *own.spot, *own.reserved})
        yield f"Prices of {', '.join(named)} are those of cost.prices, {own.date}."


def _older(env: Environment, rates: Rates) -> Iterator[str]:
    table = regional_prices()
    named = [
        name
        for name in _types(env)
        if prices().of(name) is None
        and rates.on_demand(name) == table.on_demand(env.aws.region, name) is not None
    ]
    if named:
        where = f"{env.aws.region}, {table.date}; {table.source}"
        yield f"The On-Demand price of {', '.join(named)} is one of {where}."


def _spot(env: Environment) -> str:
    table = regional_prices()
    return (
        f"Spot is what the zones of {env.aws.region} asked on {table.date}, from the lowest to the highest "
        f"({table.source}); what it is now only EC2 knows, but it is never dearer than On-Demand."
    )


def _types(env: Environment) -> Sequence[str]:
    return sorted({name for pool in env.karpenter.node_pools.values() for name in pool.instance_types})
