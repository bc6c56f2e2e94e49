"""The nodes that come with the cluster: one EKS managed node group, for what must run before any node pool.

Karpenter can't run on a node that it would have to launch first. Neither can what it needs: CoreDNS, and the
Argo CD that syncs it. Everything else belongs on the pools, so the nodes have a taint. It is the one that
CoreDNS of EKS and Karpenter's own chart tolerate already.

The label is a purpose that no node pool can have, so what selects nodes by purpose never lands here.
"""

from charts_src.lib.accelerators import PURPOSE_LABEL
from charts_src.objects import Body

CLUSTER_NODE_LABELS = {PURPOSE_LABEL: "cluster"}
"""Labels of the nodes of the managed node group."""

CLUSTER_NODE_TAINT: Body = {"key": "CriticalAddonsOnly", "value": "true", "effect": "NoSchedule"}
"""Their taint."""


def cluster_toleration() -> Body:
    """Give the toleration of their taint, for node agents as well as for what must run there."""
    return {
        "key": CLUSTER_NODE_TAINT["key"],
        "operator": "Exists",
        "effect": CLUSTER_NODE_TAINT["effect"],
    }


def cluster_placement() -> Body:
    """Give the pod fields `nodeSelector` and `tolerations` for what must run before any node pool."""
    return {"nodeSelector": dict(CLUSTER_NODE_LABELS), "tolerations": [cluster_toleration()]}
