"""What the workloads of an environment make Karpenter launch, and what it would cost On-Demand."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any

from charts_src.lib.prices import Prices
from charts_src.objects import Body
from tools.cluster.pending import WORKLOAD

_TYPE, _POOL = "node.kubernetes.io/instance-type", "karpenter.sh/nodepool"
_CAPACITY = "karpenter.sh/capacity-type"
_SPOT = (
    "spot is a model: of a pool's types the cheapest On-Demand is taken. What EC2 has left and what that "
    "costs, nobody knows beforehand; the price here is that of On-Demand, the most that it can be"
)
_RESERVED = "reserved is paid for with its reservation; the price here is that of On-Demand"
_WAITING = (
    "all workloads are here at their largest at once. Where they wait for a limit, max_nodes of the pool "
    "bounds what the environment may cost"
)


@dataclass(frozen=True)
class PlannedNode:
    """One node."""

    pool: str
    instance_type: str
    capacity_type: str
    on_demand_per_hour: float | None
    """In US dollars; None when the price is unknown."""
    workloads: dict[str, int]
    """Workload -> its pods on this node."""


@dataclass(frozen=True)
class Waiting:
    """Pods of a workload for which Karpenter launches no node, and why."""

    workload: str
    pods: int
    pools: list[str]
    """The pools that they may use."""
    reason: str
    """What Karpenter says; where it names those pools, that alone."""


@dataclass(frozen=True)
class NodePlan:
    """All nodes and what is left over."""

    environment: str
    region: str
    prices: Prices
    nodes: list[PlannedNode]
    waiting: list[Waiting]

    @property
    def on_demand_per_hour(self) -> float:
        """Sum of the known prices in US dollars."""
        return sum(node.on_demand_per_hour or 0 for node in self.nodes)

    @property
    def unknown(self) -> list[str]:
        """Instance types without a known price."""
        return sorted({node.instance_type for node in self.nodes if node.on_demand_per_hour is None})

    @property
    def notes(self) -> list[str]:
        """What is to be known about the numbers."""
        kinds = {node.capacity_type for node in self.nodes}
        found = {_SPOT: "spot" in kinds, _RESERVED: "reserved" in kinds, _WAITING: bool(self.waiting)}
        return [note for note, applies in found.items() if applies] + [self.prices.note(self.region)]

    def _sum(self, kind: str) -> float:
        return sum(node.on_demand_per_hour or 0 for node in self.nodes if node.capacity_type == kind)

    def data(self) -> dict[str, Any]:
        """Give it as JSON can write it."""
        return {
            "environment": self.environment,
            "region": self.region,
            "prices": {
                "currency": "USD",
                "region": self.prices.region,
                "date": self.prices.date,
                "source": self.prices.source,
            },
            "nodes": [asdict(node) for node in self.nodes],
            "on_demand_per_hour": round(self.on_demand_per_hour, 5),
            "unknown_prices": self.unknown,
            "waiting": [asdict(each) for each in self.waiting],
            "notes": self.notes,
        }

    def text(self) -> str:
        """Write it for people."""
        alike = Counter(
            f"{node.pool:<14}{node.instance_type:<16}{node.capacity_type:<11}"
            f"{_dollars(node.on_demand_per_hour):>10}  {_list(node.workloads)}"
            for node in self.nodes
        )
        rows = [f"{count:>5}  {row}" for row, count in alike.items()]
        head = f"{'nodes':<7}{'pool':<14}{'type':<16}{'capacity':<11}{'$/h each':>10}  pods on each"
        more = f", and the unknown price of {', '.join(self.unknown)}" if self.unknown else ""
        total = f"{len(self.nodes)} nodes: {self.on_demand_per_hour:.2f} $/h On-Demand{more}"
        kinds = sorted({node.capacity_type for node in self.nodes})
        total += "".join(f"; {kind} nodes {self._sum(kind):.2f}" for kind in kinds if len(kinds) > 1)
        left = [f"waits: {each.pods} x {each.workload}: {each.reason}" for each in self.waiting]
        return "\n".join([head, *rows, total, *left, *self.notes])


def planned(environment: str, region: str, prices: Prices, cluster: "Seen") -> NodePlan:
    """Join NodeClaims, Pods and Events; pods without the label of a workload do not count."""
    names = {claim.get("status", {}).get("nodeName"): claim for claim in cluster.claims}
    pods = [pod for pod in cluster.pods if WORKLOAD in pod["metadata"].get("labels", {})]
    on_nodes: dict[str, Counter[str]] = {}
    left: Counter[tuple[str, tuple[str, ...], str]] = Counter()
    for pod in pods:
        workload = pod["metadata"]["labels"][WORKLOAD]
        if (node := pod["spec"].get("nodeName")) in names:
            on_nodes.setdefault(node, Counter())[workload] += 1
        else:
            pools = selected(pod, cluster.pools)
            left[workload, pools, _about(pools, reason_of(pod, cluster.events))] += 1
    nodes = [_node(claim, prices, on_nodes.get(name, Counter())) for name, claim in names.items()]
    nodes.sort(key=lambda node: (node.pool, node.instance_type, node.capacity_type, _list(node.workloads)))
    waiting = [
        Waiting(workload, count, list(pools), reason)
        for (workload, pools, reason), count in sorted(left.items())
    ]
    return NodePlan(environment, region, prices, nodes, waiting)


@dataclass(frozen=True)
class Seen:
    """What the API server has after Karpenter is done."""

    claims: list[Body]
    pods: list[Body]
    events: list[Body]
    pools: list[Body]

    def places(self) -> dict[str, str]:
        """Give the node of each pod, by its name; an empty one of those that wait."""
        return {pod["metadata"]["name"]: pod["spec"].get("nodeName", "") for pod in self.pods}


def selected(pod: Body, pools: Iterable[Body]) -> tuple[str, ...]:
    """Give the names of the NodePools whose labels a pod selects and whose taints it tolerates by key."""
    wanted = pod["spec"].get("nodeSelector", {}).items()
    tolerated = {each.get("key") for each in pod["spec"].get("tolerations", ())}
    return tuple(
        sorted(
            name
            for name, template in ((pool["metadata"]["name"], pool["spec"]["template"]) for pool in pools)
            if wanted <= (template["metadata"]["labels"] | {_POOL: name}).items()
            and {taint["key"] for taint in template["spec"].get("taints", ())} <= tolerated
        )
    )


def _about(pools: Iterable[str], reason: str) -> str:
    """Keep of Karpenter's words those about some pools; it has a clause for each pool that there is."""
    clauses = reason.split("; ")
    kept = [each for pool in pools for each in clauses if f"(NodePool={pool})" in each]
    return "; ".join(kept).removeprefix("Failed to schedule pod, ") or reason


def reason_of(pod: Body, events: Iterable[Body]) -> str:
    """Give Karpenter's last word on a pod; empty when it has said nothing."""
    about = [
        event
        for event in events
        if event.get("reason") == "FailedScheduling"
        and event.get("involvedObject", {}).get("uid") == pod["metadata"]["uid"]
        and "karpenter" in (event.get("source", {}).get("component"), event.get("reportingComponent"))
    ]
    about.sort(key=lambda event: str(event.get("lastTimestamp") or event["metadata"]["creationTimestamp"]))
    return str(about[-1].get("message", "")) if about else ""


def _node(claim: Body, prices: Prices, pods: Counter[str]) -> PlannedNode:
    labels = claim["metadata"]["labels"]
    kind = labels.get(_TYPE, "")
    return PlannedNode(
        labels[_POOL], kind, labels.get(_CAPACITY, ""), prices.of(kind), dict(sorted(pods.items()))
    )


def _dollars(price: float | None) -> str:
    return "unknown" if price is None else f"{price:.4f}"


def _list(workloads: dict[str, int]) -> str:
    return ", ".join(f"{count} x {name}" for name, count in workloads.items())
