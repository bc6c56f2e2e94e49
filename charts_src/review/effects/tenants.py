"""The pods that have to move when nodes of a pool are replaced."""

from collections.abc import Collection, Sequence

from charts_src.diff.summary import title
from charts_src.lib.ray import NO_DISRUPTION
from charts_src.proofs.fitting import obstacles
from charts_src.proofs.nodes import nodes_of
from charts_src.proofs.pods import Pod, all_pods
from charts_src.review.sides import Side

_SHOWN = 5
"""Workloads that are named; the rest are counted."""


def tenants(pools: Collection[str], side: Side) -> list[Pod]:
    """Give the pods that may run on nodes of some NodePools, without those that each node has.

    None where the environment is not known, which says what the system's own nodes are.
    """
    if side.env is None:
        return []
    objects = {identity: located.body for identity, located in side.objects.items()}
    nodes = [node for node in nodes_of(objects, side.env) if node.pool.name in pools]
    pods = [pod for pod in all_pods(objects.values()) if not pod.daemon]
    return [pod for pod in pods if any(not [*obstacles(pod.spec, node, {})] for node in nodes)]


def described(pods: Sequence[Pod]) -> str:
    """Name the workloads of pods, and say which hold their nodes."""
    names = sorted({title(pod.owner) for pod in pods})
    if not names:
        return ""
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    text = f"; may have to move: {', '.join(names[:_SHOWN])}{more}"
    holding = sorted({title(pod.owner) for pod in pods if NO_DISRUPTION.items() <= pod.annotations.items()})
    if holding:
        text += f"; holding their nodes until terminationGracePeriod ends: {', '.join(holding[:_SHOWN])}"
    return text
