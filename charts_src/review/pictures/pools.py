"""Node pools, and the pods that each may take."""

from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

from charts_src.lib.instances import names
from charts_src.objects import Body
from charts_src.proofs.nodes import Node, nodes_of
from charts_src.proofs.placement import daemon_use, fits, unplaced
from charts_src.proofs.pods import Pod
from charts_src.review.pictures.canvas import Mark
from charts_src.review.pictures.marks import marks
from charts_src.review.pictures.scene import Scene, View

_CAPACITY: Final = "karpenter.sh/capacity-type"
_ROLES: Final = ("ray.io/group", "ray.io/node-type", "training.kubeflow.org/job-role", "spark-role")
"""Labels that tell the pods of one object apart; the first that a pod has names it."""

Facts = dict[str, str]
"""What is said of a pool, line by line: name of the line -> text."""


class Lander(NamedTuple):
    """Pods of one object that may run in a pool."""

    name: str
    copies: int
    """How many there are at most."""
    before: int
    mark: Mark


class PoolCard(NamedTuple):
    """One pool."""

    name: str
    facts: Facts
    before: Facts
    """What was said of it; the same where nothing changes."""
    daemons: tuple[str, ...]
    landers: tuple[Lander, ...]
    mark: Mark


class _Pool(NamedTuple):
    facts: Facts
    daemons: tuple[str, ...]
    pods: dict[str, int]


def pools(scene: Scene) -> tuple[PoolCard, ...]:
    """Read the pools of both sides; none where the environment can't be read."""
    old, new = _pools(scene.old, scene.new), _pools(scene.new, scene.new)
    return tuple(_card(name, old.get(name), new.get(name), mark) for name, mark in marks(old, new).items())


def _card(name: str, old: _Pool | None, new: _Pool | None, mark: Mark) -> PoolCard:
    shown = new or old or _Pool({}, (), {})
    before = old.pods if old else {}
    after = new.pods if new else {}
    # In a pool that comes or goes as a whole its pods need no marks of their own.
    changes = marks(before, after) if old and new else dict.fromkeys(shown.pods)
    landers = tuple(
        Lander(pod, after.get(pod, before.get(pod, 0)), before.get(pod, 0), each)
        for pod, each in sorted(changes.items())
    )
    return PoolCard(name, shown.facts, (old or shown).facts, shown.daemons, landers, mark)


def _pools(view: View, other: View) -> dict[str, _Pool]:
    env = view.side.env or other.side.env
    if env is None or not view.side.objects:
        return {}
    bodies = {identity: body for identity, body in view.bodies.items() if identity.kind == "NodePool"}
    strange = {identity: types for identity, body in bodies.items() if (types := _without_facts(body))}
    kinds: dict[str, list[Node]] = {}
    for node in nodes_of({key: body for key, body in view.bodies.items() if key not in strange}, env):
        kinds.setdefault(node.pool.name, []).append(node)
    settings = {identity.name: body for identity, body in bodies.items()}
    daemons = [pod for pod in view.pods if pod.daemon]
    return {
        name: _Pool(_facts(nodes, settings.get(name)), *_landing(view.pods, nodes, daemons))
        for name, nodes in kinds.items()
    } | {
        identity.name: _Pool({"types": f"no facts on {', '.join(types)}"}, (), {})
        for identity, types in strange.items()
    }


def _without_facts(pool: Body) -> list[str]:
    """List the instance types of a pool that the table of facts does not have."""
    known = frozenset(names())
    return [
        value
        for each in pool["spec"]["template"]["spec"]["requirements"]
        if each["key"] == "node.kubernetes.io/instance-type"
        for value in each["values"]
        if value not in known
    ]


def _facts(nodes: list[Node], body: Body | None) -> Facts:
    first = nodes[0]
    number = first.pool.limits.get("nodes")
    taints = sorted({f"{taint['key']}:{taint['effect']}" for node in nodes for taint in node.taints})
    disruption = body["spec"].get("disruption", {}).get("consolidationPolicy", "") if body else ""
    return {
        "nodes": f"up to {number} nodes" if number else "no limit of nodes",
        "capacity": ", ".join(sorted(first.labels.get(_CAPACITY, {"on-demand"}))),
        "zones": ", ".join(sorted(first.labels.get("topology.kubernetes.io/zone", ()))) or "any zone",
        "types": ", ".join(dict.fromkeys(node.instance_type for node in nodes)),
        "taints": f"taint {', '.join(taints)}" if taints else "no taint",
        "consolidation": f"consolidates {disruption}" if disruption else "",
    }


def _landing(
    pods: Iterable[Pod], nodes: list[Node], daemons: list[Pod]
) -> tuple[tuple[str, ...], dict[str, int]]:
    """Give the daemons and the other pods that some node of a pool takes."""
    kinds = [(node, daemon_use(daemons, node)) for node in nodes]
    running = {_named(pod) for pod in daemons if not all(any(unplaced(pod, node)) for node in nodes)}
    found: dict[str, int] = {}
    for pod in pods:
        if not pod.daemon and any(fits(pod, node, daemons, used) for node, used in kinds):
            found[_named(pod)] = max(found.get(_named(pod), 0), pod.copies)
    return tuple(sorted(running)), found


def _named(pod: Pod) -> str:
    role = next((pod.labels[label] for label in _ROLES if label in pod.labels), "")
    if pod.owner.kind == "ConfigMap":
        return f"{pod.namespace}: notebook, {pod.path}"
    return f"{pod.owner}{f', {role}' if role else ''}".partition(" ")[2]


def lines(card: PoolCard) -> Iterator[tuple[str, Mark]]:
    """Give what is said of a pool, with what was said before where that differs."""
    for name, text in card.facts.items():
        before = card.before.get(name, "")
        if before != text:
            yield f"{text} (was {before or 'not set'})", "changed"
        elif text:
            yield text, None


def pod_text(lander: Lander) -> str:
    """Write the pods of an object with their number, and what it was."""
    was = f" (was {lander.before})" if lander.mark == "changed" else ""
    return f"{lander.name} x {lander.copies}{was}" if lander.copies > 1 or was else lander.name
