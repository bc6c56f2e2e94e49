"""The most that the nodes of a pool may cost: as many as its limits allow, of the dearest types."""

from collections.abc import Callable, Sequence

from charts_src.review.cost.amounts import Amount
from charts_src.review.cost.ground import Kind
from charts_src.review.cost.rates import Rates


def most_nodes(kinds: Sequence[Kind]) -> int | None:
    """Give how many nodes the limits of a pool allow, of its smallest type; None when it has none."""
    counts = [min(_counts(kind), default=None) for kind in kinds]
    known = [each for each in counts if each is not None]
    return max(known) if known else None


def ceiling(kinds: Sequence[Kind], rates: Rates) -> Amount:
    """Give the most that the nodes of a pool may cost; nothing when no limit bounds it.

    `low` and `high` are what as many nodes cost as Karpenter buys them.
    """
    nodes = most_nodes(kinds)
    if nodes is None:
        return Amount(unknown=(f"any number of {kinds[0].pool} nodes",))
    priced = {kind.name: rates.node(kind.name, kind.ways) for kind in kinds}
    known = [kind for kind in kinds if not priced[kind.name].unknown]
    unknown = tuple(f"{nodes} x {name}" for name, amount in priced.items() if amount.unknown)
    return Amount(
        _bound(known, lambda kind: priced[kind.name].per_hour),
        nodes * min((priced[kind.name].low for kind in known), default=0.0),
        _bound(known, lambda kind: priced[kind.name].high),
        unknown,
    )


def _counts(kind: Kind) -> list[int]:
    """Give for each limit how many nodes of a kind it allows."""
    return [kind.node.pool.limits[key] // size for key, size in _limited(kind)]


def _limited(kind: Kind) -> list[tuple[str, int]]:
    return [(key, size) for key, size in kind.size.items() if size and key in kind.node.pool.limits]


def _bound(kinds: Sequence[Kind], price: Callable[[Kind], float]) -> float:
    """Bound the price of any mixture of nodes: each limit by itself at the most that a unit of it costs."""
    if not kinds:
        return 0.0
    limits = kinds[0].node.pool.limits
    sizes = [kind.size for kind in kinds]
    return min(
        limit * max(price(kind) / size[key] for kind, size in zip(kinds, sizes, strict=True))
        for key, limit in limits.items()
        if all(size.get(key) for size in sizes)
    )
