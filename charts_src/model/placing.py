"""Which node pools can hold what runs on "one kind of accelerator", without naming a pool.

What has no pool of its kind is left out of an environment, so that environments with different accelerators
can share a list. What has a pool but doesn't fit on its nodes is a mistake.
"""

from collections.abc import Iterator, Mapping
from typing import Protocol

from charts_src.lib.accelerators import Accelerator, Purpose
from charts_src.lib.instances import InstanceType, names, offered
from charts_src.model.karpenter import Karpenter, pool_zones
from charts_src.model.node_pool import NodePool
from charts_src.model.platform import Aws

PURPOSES: tuple[Purpose, ...] = ("system", "inference", "training")
"""Purposes of pools, the first choice first; pools of CPU nodes are always `system`."""


class Amounts(Protocol):
    """What one pod asks for."""

    @property
    def accelerators(self) -> int:
        """GPUs or Neuron devices; without meaning for CPUs."""

    @property
    def cpus(self) -> int:
        """CPUs."""

    @property
    def memory_gib(self) -> int:
        """Memory in GiB."""


class Sized(Amounts, Protocol):
    """Something that runs in one pod."""

    @property
    def accelerator(self) -> Accelerator:
        """What it computes with."""


def pools_of(item: Sized, karpenter: Karpenter) -> list[NodePool]:
    """Give the node pools that a pod may run in: all of one purpose, none where there are no such nodes.

    Raises KeyError for unknown instance types, which the node pools report.
    """
    pools = [
        pool
        for pool in karpenter.node_pools.values()
        if pool.accelerator == item.accelerator and not pool.dedicated
    ]
    for purpose in PURPOSES:
        if chosen := [pool for pool in pools if pool.purpose == purpose]:
            return chosen
    return []


def zones_of(item: Sized, karpenter: Karpenter, aws: Aws) -> frozenset[str]:
    """Give the zones with an instance type that the pod fits on."""
    return frozenset(
        zone
        for pool in pools_of(item, karpenter)
        for kind in pool.types
        if fits(item, kind)
        for zone in offered(kind.name, aws.region)
        if zone in pool_zones(pool, aws)
    )


def fits(item: Sized, kind: InstanceType) -> bool:
    """Say whether a pod fits on a node."""
    return (item.accelerator == "none" or item.accelerators <= kind.accelerators) and has_room(item, kind)


def has_room(item: Amounts, kind: InstanceType) -> bool:
    """Say whether a node has CPU and memory for a pod; the system and its agents use some of both."""
    return item.cpus < kind.vcpus and item.memory_gib * 1024 < kind.memory_mib


def known(karpenter: Karpenter) -> bool:
    """Say whether all instance types are known; until they are, nothing can be said about what fits."""
    return all(name in names() for pool in karpenter.node_pools.values() for name in pool.instance_types)


def unplaceable(items: Mapping[str, Sized], karpenter: Karpenter) -> Iterator[tuple[str, str]]:
    """Find the pods that no instance type of their pools can hold: their names, and what to do."""
    for name, item in items.items():
        pools = pools_of(item, karpenter)
        if pools and not any(fits(item, kind) for pool in pools for kind in pool.types):
            yield name, f"needs {size(item)}, more than any instance type of its pools has; lower them"


def size(item: Sized) -> str:
    """Write what a pod needs."""
    return accelerated_size(item) if item.accelerator != "none" else _cpus_and_memory(item)


def accelerated_size(item: Amounts) -> str:
    """Write what a pod with accelerators needs."""
    return f"{item.accelerators} accelerators, {_cpus_and_memory(item)}"


def _cpus_and_memory(item: Amounts) -> str:
    return f"{item.cpus} CPUs and {item.memory_gib} GiB"
