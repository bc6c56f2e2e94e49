"""Node pools: for each, a Karpenter NodePool and the EC2NodeClass of the same name (lib/node_class.py).

Fields and defaults: CRDs karpenter.sh_nodepools and karpenter.sh_nodeoverlays of karpenter-provider-aws
v1.15.1. What the API server would fill in is written out, or Argo CD would see a difference.

Node repair needs no word here: Karpenter drains a node whose kubelet or hardware has been broken for 10 to 30
minutes, and every budget below lets it (reason Unhealthy). To keep such a node, for a look at it, annotate it
with karpenter.sh/do-not-repair: "true".
"""

from typing import ClassVar

from charts_src.lib.accelerators import (
    EFA_LABEL,
    RESOURCE,
    SHARING_LABEL,
    Purpose,
    node_labels,
    sharing_taint,
)
from charts_src.lib.gpu_sharing import CONFIG_LABEL, WHOLE
from charts_src.lib.named_pool import NODE_POOL_LABEL, pool_taints
from charts_src.lib.node_class import node_class
from charts_src.lib.startup_taints import STARTUP_TAINTS, Driver
from charts_src.manifest import Component
from charts_src.model import Environment
from charts_src.model.karpenter import pool_zones
from charts_src.model.node_pool import NodePool
from charts_src.objects import Body

_ALWAYS: Body = {"nodes": "100%", "reasons": ["Empty", "Unhealthy"]}
"""Budget for nodes that nobody misses. Karpenter itself stops repair when a fifth of a pool is broken."""

_DISRUPTION: dict[Purpose, Body] = {
    "system": {
        "consolidationPolicy": "WhenEmptyOrUnderutilized",
        "consolidateAfter": "5m",
        "budgets": [{"nodes": "10%", "reasons": ["Drifted", "Underutilized"]}, _ALWAYS],
    },
    "inference": {
        "consolidationPolicy": "WhenEmpty",
        "consolidateAfter": "10m",
        "budgets": [{"nodes": "10%", "reasons": ["Drifted"]}, _ALWAYS],
    },
    "training": {
        "consolidationPolicy": "WhenEmpty",
        "consolidateAfter": "30m",
        "budgets": [{"nodes": "0", "reasons": ["Drifted", "Underutilized"]}, _ALWAYS],
    },
    "batch": {
        "consolidationPolicy": "WhenEmpty",
        "consolidateAfter": "2m",
        "budgets": [
            {"nodes": "10%", "reasons": ["Drifted", "Unhealthy"]},
            {"nodes": "100%", "reasons": ["Empty"]},
        ],
    },
}
"""When Karpenter may take a node away. Training needs all nodes of a job: only empty or broken ones go."""

_LIFETIME: dict[Purpose, Body] = {
    "system": {"expireAfter": "720h", "terminationGracePeriod": "24h"},
    "inference": {"expireAfter": "720h", "terminationGracePeriod": "24h"},
    "training": {"expireAfter": "Never"},
    "batch": {"expireAfter": "168h", "terminationGracePeriod": "24h"},
}
"""How long a node lives, and how long a drain may be held up; budgets don't hold back expiry."""

_WEIGHT = 10


class NodePools(Component):
    """Every node pool of the environment."""

    name: ClassVar[str] = "node-pools"
    target_namespace: ClassVar[str] = "kube-system"

    def versions(self) -> dict[str, str]:
        """Give the Karpenter that the pools are written for, and the node image."""
        karpenter = self.env.karpenter
        return {"karpenter": karpenter.version, "al2023": karpenter.ami_version}

    def compose(self) -> None:
        """Add the objects of each pool."""
        for name, pool in self.env.karpenter.node_pools.items():
            self.add(node_class(self.env, name, pool))
            self.add(_node_pool(self.env, name, pool))
            for overlay in _overlays(name, pool):
                self.add(overlay)


def _node_pool(env: Environment, name: str, pool: NodePool) -> Body:
    return {
        "apiVersion": "karpenter.sh/v1",
        "kind": "NodePool",
        "metadata": {"name": name},
        "spec": {
            **_size(pool),
            "disruption": _DISRUPTION[pool.purpose],
            "template": {
                "metadata": {"labels": _labels(pool)},
                "spec": {
                    "nodeClassRef": {"group": "karpenter.k8s.aws", "kind": "EC2NodeClass", "name": name},
                    "requirements": _requirements(env, pool),
                    **_taints(name, pool),
                    **_startup_taints(env, pool),
                    **_LIFETIME[pool.purpose],
                },
            },
        },
    }


def _size(pool: NodePool) -> Body:
    """Give how many nodes there may be; a static pool (StaticCapacity) takes no weight and no other limit."""
    if pool.replicas is not None:
        return {"replicas": pool.replicas, "limits": {"nodes": str(pool.max_nodes)}}
    return {"weight": pool.weight or _WEIGHT, "limits": _limits(pool)}


def _startup_taints(env: Environment, pool: NodePool) -> Body:
    """Hold pods off until the CSI drivers that the environment has are ready on the node.

    Not on system nodes: a driver that fails would take every controller along, and Argo CD could come to wait
    for pods that wait for a driver it has not synced yet. There a mount that comes too early is tried again.
    """
    if pool.purpose == "system":
        return {}
    drivers: tuple[Driver, ...] = ("ebs", "fsx", "s3") if env.storage else ("ebs",)
    return {"startupTaints": [dict(STARTUP_TAINTS[driver]) for driver in drivers]}


def _taints(name: str, pool: NodePool) -> Body:
    # An empty list would be lost when the controller writes the object back.
    shared = [sharing_taint(pool.gpu_sharing.mode)] if pool.gpu_sharing else []
    found = pool_taints(name, pool) + shared
    return {"taints": found} if found else {}


def _limits(pool: NodePool) -> Body:
    # Karpenter counts nodes loosely while it launches many at once; the resources hold as a second bound.
    limits = {
        "nodes": str(pool.max_nodes),
        "cpu": str(pool.max_nodes * max(item.vcpus for item in pool.types)),
        "memory": f"{pool.max_nodes * max(item.memory_mib for item in pool.types) // 1024}Gi",
    }
    if pool.accelerator != "none":
        count = pool.max_nodes * max(item.accelerators for item in pool.types)
        limits[RESOURCE[pool.accelerator]] = str(count)
    return limits


def _labels(pool: NodePool) -> Body:
    common = node_labels(pool.accelerator, pool.purpose) | {EFA_LABEL: str(pool.efa).lower()}
    return common | (_gpu_labels(pool) if pool.accelerator == "nvidia" else {})


def _gpu_labels(pool: NodePool) -> Body:
    """Name the device plugin's configuration, and how GPUs are shared where they are."""
    if pool.gpu_sharing is None:
        return {CONFIG_LABEL: WHOLE}
    return {CONFIG_LABEL: pool.gpu_sharing.sharing.config, SHARING_LABEL: pool.gpu_sharing.mode}


def _requirements(env: Environment, pool: NodePool) -> list[Body]:
    required = {
        "node.kubernetes.io/instance-type": pool.instance_types,
        "karpenter.sh/capacity-type": pool.capacity,
        "topology.kubernetes.io/zone": pool_zones(pool, env.aws),
        "kubernetes.io/arch": ("amd64",),
        "kubernetes.io/os": ("linux",),
    }
    if pool.reservation and pool.reservation.type:
        required["karpenter.k8s.aws/capacity-reservation-type"] = (pool.reservation.type,)
    return [{"key": key, "operator": "In", "values": list(values)} for key, values in required.items()]


def _overlays(name: str, pool: NodePool) -> list[Body]:
    """Tell Karpenter what the nodes of a pool have beyond what EC2 says of their instance types.

    The gate NodeOverlay is on where a pool has any (lib/karpenter_settings.py).
    """
    return [
        {
            "apiVersion": "karpenter.sh/v1alpha1",
            "kind": "NodeOverlay",
            "metadata": {"name": f"{name}-{item.name.replace('.', '-')}"},
            "spec": {
                "requirements": [
                    {"key": NODE_POOL_LABEL, "operator": "In", "values": [name]},
                    {"key": "node.kubernetes.io/instance-type", "operator": "In", "values": [item.name]},
                ],
                "capacity": pool.extra_capacity(item),
            },
        }
        for item in pool.types
        if pool.overlaid
    ]
