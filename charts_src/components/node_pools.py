"""Node pools: for each, a Karpenter NodePool and the EC2NodeClass of the same name.

Fields and defaults: CRDs karpenter.sh_nodepools and karpenter.k8s.aws_ec2nodeclasses of
karpenter-provider-aws v1.15.1. What the API server would fill in is written out, or Argo CD would see a
difference.
"""

from typing import ClassVar

from charts_src.lib.accelerators import EFA_LABEL, RESOURCE, Purpose, node_labels, taints
from charts_src.manifest import Component
from charts_src.model import Environment
from charts_src.model.karpenter import pool_zones
from charts_src.model.node_pool import NodePool, Reservation
from charts_src.objects import Body

_DISRUPTION: dict[Purpose, Body] = {
    "system": {
        "consolidationPolicy": "WhenEmptyOrUnderutilized",
        "consolidateAfter": "5m",
        "budgets": [{"nodes": "10%"}],
    },
    "inference": {
        "consolidationPolicy": "WhenEmpty",
        "consolidateAfter": "10m",
        "budgets": [
            {"nodes": "10%", "reasons": ["Drifted", "Unhealthy"]},
            {"nodes": "100%", "reasons": ["Empty"]},
        ],
    },
    "training": {
        "consolidationPolicy": "WhenEmpty",
        "consolidateAfter": "30m",
        "budgets": [
            {"nodes": "0", "reasons": ["Drifted", "Underutilized"]},
            {"nodes": "100%", "reasons": ["Empty", "Unhealthy"]},
        ],
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


class NodePools(Component):
    """Every node pool of the environment."""

    name: ClassVar[str] = "node-pools"
    target_namespace: ClassVar[str] = "kube-system"

    def versions(self) -> dict[str, str]:
        """Give the Karpenter that the pools are written for, and the node image."""
        karpenter = self.env.karpenter
        return {"karpenter": karpenter.version, "al2023": karpenter.ami_version}

    def compose(self) -> None:
        """Add both objects of each pool."""
        for name, pool in self.env.karpenter.node_pools.items():
            self.add(_node_class(self.env, name, pool))
            self.add(_node_pool(self.env, name, pool))


def _node_pool(env: Environment, name: str, pool: NodePool) -> Body:
    return {
        "apiVersion": "karpenter.sh/v1",
        "kind": "NodePool",
        "metadata": {"name": name},
        "spec": {
            "weight": pool.weight,
            "limits": _limits(pool),
            "disruption": _DISRUPTION[pool.purpose],
            "template": {
                "metadata": {"labels": _labels(pool)},
                "spec": {
                    "nodeClassRef": {"group": "karpenter.k8s.aws", "kind": "EC2NodeClass", "name": name},
                    "requirements": _requirements(env, pool),
                    **_taints(pool),
                    **_LIFETIME[pool.purpose],
                },
            },
        },
    }


def _taints(pool: NodePool) -> Body:
    # An empty list would be lost when the controller writes the object back.
    return {"taints": taints(pool.accelerator)} if pool.accelerator != "none" else {}


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
    return node_labels(pool.accelerator, pool.purpose) | {EFA_LABEL: str(pool.efa).lower()}


def _requirements(env: Environment, pool: NodePool) -> list[Body]:
    required = {
        "node.kubernetes.io/instance-type": pool.instance_types,
        "karpenter.sh/capacity-type": pool.capacity,
        "topology.kubernetes.io/zone": pool_zones(pool, env.aws),
        "kubernetes.io/arch": ("amd64",),
        "kubernetes.io/os": ("linux",),
    }
    return [{"key": key, "operator": "In", "values": list(values)} for key, values in required.items()]


def _node_class(env: Environment, name: str, pool: NodePool) -> Body:
    return {
        "apiVersion": "karpenter.k8s.aws/v1",
        "kind": "EC2NodeClass",
        "metadata": {"name": name},
        "spec": {
            "role": env.karpenter.node_role,
            "amiSelectorTerms": [{"alias": f"al2023@{env.karpenter.ami_version}"}],
            "subnetSelectorTerms": _discovery(env),
            "securityGroupSelectorTerms": _discovery(env),
            "blockDeviceMappings": [_root_volume(pool)],
            "metadataOptions": {
                "httpEndpoint": "enabled",
                "httpProtocolIPv6": "disabled",
                "httpPutResponseHopLimit": 1,
                "httpTokens": "required",
            },
            "tags": {"cluster": env.cluster.name, "environment": env.name},
            **_hardware(pool),
        },
    }


def _discovery(env: Environment) -> list[Body]:
    return [{"tags": {"karpenter.sh/discovery": env.cluster.name}}]


def _root_volume(pool: NodePool) -> Body:
    accelerated = pool.accelerator != "none"
    size = pool.root_volume_gib or (300 if accelerated else 100)
    return {
        "deviceName": "/dev/xvda",
        "rootVolume": True,
        "ebs": {
            "volumeType": "gp3",
            "volumeSize": f"{size}Gi",
            "iops": 3000,
            "throughput": 500 if accelerated else 125,
            "encrypted": True,
            "deleteOnTermination": True,
        },
    }


def _hardware(pool: NodePool) -> Body:
    """Give the fields that only some pools have."""
    fields: Body = {}
    if all(item.nvme_gb for item in pool.types):
        fields["instanceStorePolicy"] = "RAID0"
    if pool.efa:
        fields["networkInterfaces"] = _network_interfaces(pool.types[0].efa_interfaces)
    if pool.placement_group:
        fields["placementGroupSelector"] = {"name": pool.placement_group}
    if pool.reservation:
        fields["capacityReservationSelectorTerms"] = _reservations(pool.reservation)
    return fields


def _network_interfaces(cards: int) -> list[Body]:
    """Give one interface with addresses for the node and its pods, and an EFA interface on each network card.

    Layout: "ip optimized" in designs/efa-for-static-capacity.md of karpenter-provider-aws; EC2 wants device
    index 1 on every card but the primary interface's.
    """
    primary = {"networkCardIndex": 0, "deviceIndex": 0, "interfaceType": "interface"}
    return [
        primary,
        *({"networkCardIndex": card, "deviceIndex": 1, "interfaceType": "efa-only"} for card in range(cards)),
    ]


def _reservations(reservation: Reservation) -> list[Body]:
    if reservation.tags:
        return [{"tags": dict(reservation.tags)}]
    return [{"id": item} for item in reservation.ids]
