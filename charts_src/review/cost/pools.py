"""What each node pool may cost, and is expected to cost."""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from charts_src.review.cost.amounts import Amount, total
from charts_src.review.cost.ceiling import ceiling, most_nodes
from charts_src.review.cost.ground import Kind
from charts_src.review.cost.packing import Filled
from charts_src.review.cost.rates import RESERVED, Rates


class PoolCost(NamedTuple):
    """One node pool, or the managed node group; amounts are US dollars per hour."""

    pool: str
    instance_types: tuple[str, ...]
    """The dearest first; before them those without a known price."""
    ways: tuple[str, ...]
    """Ways to buy its nodes, in the order in which Karpenter takes them."""
    max_nodes: int | None
    """None when nothing limits it."""
    ceiling: Amount
    """With as many nodes as its limits allow."""
    by_contract: bool
    """Whether it has reserved nodes whose price only a contract says; they count as On-Demand."""
    nodes: dict[str, int]
    """Instance type -> nodes for what always runs, services at their fewest."""
    expected: Amount
    """Price of these nodes."""
    at_most: Amount
    """Price of the nodes for what always runs, services at their most."""


def pool_cost(
    kinds: Sequence[Kind], least: Iterable[Filled], most: Iterable[Filled], rates: Rates
) -> PoolCost:
    """Give the cost of the pool of these kinds of nodes; `least` and `most` are nodes of all pools."""
    pool = kinds[0].pool
    mine = [node for node in least if node.kind.pool == pool]
    prices = {kind.name: rates.most(kind.name, kind.ways) for kind in kinds}
    return PoolCost(
        pool,
        tuple(sorted(prices, key=lambda name: (-(prices[name] or float("inf")), name))),
        kinds[0].ways,
        most_nodes(kinds),
        ceiling(kinds, rates),
        RESERVED in kinds[0].ways and any(rates.reserved(name) is None for name in prices),
        dict(sorted(Counter(node.kind.name for node in mine).items())),
        cost_of(mine, rates),
        cost_of([node for node in most if node.kind.pool == pool], rates),
    )


def cost_of(nodes: Sequence[Filled], rates: Rates) -> Amount:
    """Add up what nodes cost; equal ones without a price are named once, with their number."""
    known = total(rates.node(node.kind.name, node.ways) for node in nodes)
    unknown = Counter(node.kind.name for node in nodes if rates.node(node.kind.name, node.ways).unknown)
    return known._replace(unknown=tuple(f"{count} x {name}" for name, count in sorted(unknown.items())))
