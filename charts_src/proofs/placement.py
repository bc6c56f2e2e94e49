"""Placement: every pod fits on a kind of node that its environment may have.

The daemons of the node are counted first. All copies of a pod fit into what its pools may grow to.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

from charts_src.proofs.fitting import obstacles, requests
from charts_src.proofs.nodes import Amounts, Node
from charts_src.proofs.pods import Pod
from charts_src.proofs.tree import Failure


def misplaced(pods: Sequence[Pod], nodes: Sequence[Node]) -> list[Failure]:
    """Find every pod that fits nowhere, and every number of copies that the pools can't hold, sorted."""
    daemons = [pod for pod in pods if pod.daemon]
    used = [daemon_use(daemons, node) for node in nodes]
    found: list[Failure] = []
    for pod in pods:
        fitting = [
            (node, taken) for node, taken in zip(nodes, used, strict=True) if _fits(pod, node, daemons, taken)
        ]
        if not fitting:
            found.append(Failure(str(pod), _nowhere(pod, nodes, used)))
        elif not pod.daemon:
            found.extend(Failure(str(pod), problem) for problem in _too_many(pod, fitting))
    return sorted(found)


def daemon_use(daemons: Iterable[Pod], node: Node) -> Amounts:
    """Add up what the daemons that run on a node ask for."""
    total: Amounts = defaultdict(int)
    for daemon in daemons:
        if not [*_unplaced(daemon, node)]:
            for resource, wanted in requests(daemon.spec).items():
                total[resource] += wanted
    return total


def _unplaced(pod: Pod, node: Node) -> Iterator[str]:
    """Say what but resources keeps a pod off a node."""
    return (each for each in obstacles(pod.spec, node, {}) if not each.startswith("wants "))


def _fits(pod: Pod, node: Node, daemons: Sequence[Pod], taken: Amounts) -> bool:
    # A daemon has its own share in what the daemons of the node take.
    used = daemon_use([each for each in daemons if each is not pod], node) if pod.daemon else taken
    return not any(obstacles(pod.spec, node, used))


def _nowhere(pod: Pod, nodes: Sequence[Node], used: Sequence[Amounts]) -> str:
    """Explain by the kind of node that comes closest."""
    reasons = [[*obstacles(pod.spec, node, taken)] for node, taken in zip(nodes, used, strict=True)]
    if not nodes:
        return "fits on no node: there are none"
    closest = min(range(len(nodes)), key=lambda index: (len(reasons[index]), str(nodes[index])))
    return f"fits on no node; closest is {nodes[closest]}, but it {'; it '.join(reasons[closest])}"


def _too_many(pod: Pod, fitting: Sequence[tuple[Node, Amounts]]) -> Iterator[str]:
    """Compare the copies with what the pools hold: as many on each node as fit, within the pool's limits."""
    wanted = requests(pod.spec)
    room: dict[str, int] = {}
    for node, used in fitting:
        each = min(
            (node.capacity.get(key, 0) - used.get(key, 0)) // value for key, value in wanted.items() if value
        )
        on_nodes = (1 if alone(pod) else each) * node.pool.limits.get("nodes", 0)
        limited = [limit // wanted[key] for key, limit in node.pool.limits.items() if wanted.get(key)]
        room[node.pool.name] = max(room.get(node.pool.name, 0), min([on_nodes, *limited]))
    total = sum(room.values())
    if pod.copies > total:
        pools = ", ".join(sorted(room))
        what = "a gang of" if pod.gang else "at most"
        remedy = "raise max_nodes or lower the copies"
        yield f"is {what} {pod.copies} pods, but {pools} can hold {total}; {remedy}"


def alone(pod: Pod) -> bool:
    """Say whether a node may have only one of the copies."""
    terms = (
        pod.spec.get("affinity", {})
        .get("podAntiAffinity", {})
        .get("requiredDuringSchedulingIgnoredDuringExecution", ())
    )
    return any(
        term["topologyKey"] == "kubernetes.io/hostname"
        and term.get("labelSelector", {}).get("matchLabels", {}).items() <= pod.labels.items()
        for term in terms
    )
