"""Pods on nodes: an estimate of the nodes that Karpenter launches.

The largest pods are first; each goes on the first node with room, else on a new node of the first pool that
may have one more. As in Karpenter (pkg/controllers/provisioning/scheduling of sigs.k8s.io/karpenter v1.15.0)
a new node is taken for the largest type until all is placed, and becomes the cheapest type that holds what is
on it. Left out is what only a scheduler sees: spread over zones, volumes, and pods that come and go.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from charts_src.lib.accelerators import NEURON_DEVICE, NVIDIA_GPU
from charts_src.proofs.fitting import obstacles, requests
from charts_src.proofs.nodes import SYSTEM_GROUP, Amounts
from charts_src.proofs.placement import alone
from charts_src.proofs.pods import Pod
from charts_src.review.cost.ground import CAPACITY_LABEL, Kind
from charts_src.review.cost.rates import Rates

_INFINITE = float("inf")


class Demand(NamedTuple):
    """Some copies of a pod."""

    pod: Pod
    copies: int


@dataclass(frozen=True)
class Filled:
    """A node and the pods on it."""

    kind: Kind
    ways: tuple[str, ...]
    """Ways to buy it that all of its pods accept, the first choice first."""
    used: Amounts
    pods: tuple[Pod, ...] = ()


class Packing(NamedTuple):
    """Nodes with pods, and what found no place."""

    nodes: tuple[Filled, ...]
    left: tuple[Demand, ...]


@dataclass
class Packer:
    """Places pods on the nodes of one environment."""

    kinds: Sequence[Kind]
    """In the order in which pools are tried."""
    rates: Rates
    _wanted: dict[str, Amounts] = field(default_factory=dict)
    _eligible: dict[str, list[Kind]] = field(default_factory=dict)

    def always(self) -> tuple[Filled, ...]:
        """Give the nodes that are there without any pod."""
        found: dict[str, Kind] = {}
        for kind in self.kinds:
            best = found.setdefault(kind.pool, kind)
            if kind.pool != SYSTEM_GROUP and self._price(kind) < self._price(best):
                found[kind.pool] = kind
        return tuple(_empty(kind) for kind in found.values() for _ in range(kind.always))

    def pack(self, demands: Iterable[Demand], start: Sequence[Filled]) -> Packing:
        """Place pods beside those that are there."""
        nodes, left = list(start), []
        for pod, copies in sorted(demands, key=self._order):
            missing = 0
            for _ in range(copies):
                missing += 0 if self._placed(pod, nodes) else 1
            if missing:
                left.append(Demand(pod, missing))
        return Packing((*nodes[: len(start)], *map(self._cheapest, nodes[len(start) :])), tuple(left))

    def _order(self, demand: Demand) -> tuple[int, int, int, str]:
        wanted = self._wants(demand.pod)
        devices = wanted.get(NVIDIA_GPU, 0) + wanted.get(NEURON_DEVICE, 0)
        return -devices, -wanted.get("cpu", 0), -wanted.get("memory", 0), str(demand.pod)

    def _placed(self, pod: Pod, nodes: list[Filled]) -> bool:
        for index, node in enumerate(nodes):
            if filled := self._with(node, pod):
                nodes[index] = filled
                return True
        if new := self._new(pod, nodes):
            nodes.append(new)
        return new is not None

    def _with(self, node: Filled, pod: Pod) -> Filled | None:
        if node.kind not in self.homes(pod):
            return None
        wanted, capacity = self._wants(pod), node.kind.node.capacity
        ways = _accepted(node.ways, pod)
        if not ways or any(
            node.used.get(key, 0) + value > capacity.get(key, 0) for key, value in wanted.items()
        ):
            return None
        if alone(pod) and any(str(each) == str(pod) for each in node.pods):
            return None
        used = {key: node.used.get(key, 0) + wanted.get(key, 0) for key in node.used | wanted}
        return replace(node, ways=ways, used=used, pods=(*node.pods, pod))

    def _new(self, pod: Pod, nodes: Sequence[Filled]) -> Filled | None:
        """Start a node of the first pool with room for one, of its largest type that holds the pod."""
        for pool in dict.fromkeys(kind.pool for kind in self.homes(pod) if kind.grows):
            mine = [node.kind for node in nodes if node.kind.pool == pool]
            kinds = [kind for kind in self.homes(pod) if kind.pool == pool and _one_more(kind, mine)]
            for kind in sorted(kinds, key=lambda each: each.room, reverse=True):
                if filled := self._with(_empty(kind), pod):
                    return filled
        return None

    def _cheapest(self, node: Filled) -> Filled:
        """Exchange a node for the cheapest of its pool that holds what is on it."""
        able = [
            kind
            for kind in self.kinds
            if kind.pool == node.kind.pool
            and all(kind in self.homes(pod) for pod in node.pods)
            and _holds(kind, node)
        ]
        kind = min(able, key=lambda each: (self._price(each), each.name))
        used = {
            key: amount - node.kind.used.get(key, 0) + kind.used.get(key, 0)
            for key, amount in node.used.items()
        }
        return replace(node, kind=kind, used=used)

    def _price(self, kind: Kind) -> float:
        found = self.rates.most(kind.name, kind.ways)
        return _INFINITE if found is None else found

    def _wants(self, pod: Pod) -> Amounts:
        key = str(pod)
        if key not in self._wanted:
            self._wanted[key] = requests(pod.spec)
        return self._wanted[key]

    def homes(self, pod: Pod) -> list[Kind]:
        """Give the kinds of nodes that hold a pod when nothing but daemons is there."""
        key = str(pod)
        if key not in self._eligible:
            self._eligible[key] = [
                kind for kind in self.kinds if not any(obstacles(pod.spec, kind.node, kind.used))
            ]
        return self._eligible[key]


def _empty(kind: Kind) -> Filled:
    return Filled(kind, kind.ways, kind.used)


def _accepted(ways: tuple[str, ...], pod: Pod) -> tuple[str, ...]:
    wanted = pod.spec.get("nodeSelector", {}).get(CAPACITY_LABEL)
    return tuple(each for each in ways if wanted in (None, each))


def _one_more(kind: Kind, have: Sequence[Kind]) -> bool:
    """Say whether the limits of the pool allow one more node of a kind."""
    size = kind.size
    return all(
        sum(each.size.get(key, 0) for each in have) + size.get(key, 0) <= limit
        for key, limit in kind.node.pool.limits.items()
    )


def _holds(kind: Kind, node: Filled) -> bool:
    return all(
        amount - node.kind.used.get(key, 0) + kind.used.get(key, 0) <= kind.node.capacity.get(key, 0)
        for key, amount in node.used.items()
    )
