"""Pods that run on the nodes of one pool, by its name, and what keeps others off the nodes of such a pool."""

from charts_src.lib.accelerators import placement, taints
from charts_src.model.node_pool import NodePool
from charts_src.objects import Body

NODE_POOL_LABEL = "karpenter.sh/nodepool"
"""Label that Karpenter puts on every node, with the name of its pool."""

DEDICATED_TAINT = "genai-on-eks/dedicated"
"""Key of the taint of nodes that are for pods which name their pool; the value is its name.

A rank among pools would not do: it says which node Karpenter launches, while the scheduler takes any node
that is there, and Karpenter any pool when the others are at their limits.
"""


def pool_taints(name: str, pool: NodePool) -> list[Body]:
    """Give the taints of the nodes of a pool but for those of shared GPUs."""
    dedicated = {"key": DEDICATED_TAINT, "value": name, "effect": "NoSchedule"}
    return taints(pool.accelerator) + ([dedicated] if pool.dedicated else [])


def in_pool(name: str, pool: NodePool) -> Body:
    """Give the pod fields `nodeSelector` and, where there are taints, `tolerations` for nodes of one pool."""
    place = placement(pool.accelerator, pool.purpose)
    place["nodeSelector"] |= {NODE_POOL_LABEL: name}
    if pool.dedicated:
        place["tolerations"].append(
            {"key": DEDICATED_TAINT, "operator": "Equal", "value": name, "effect": "NoSchedule"}
        )
    return place
