"""A gang: equal pods on equal nodes of one pool, which start together and are worth nothing alone."""

from collections.abc import Iterable
from typing import Annotated

from pydantic import Field

from charts_src.lib.instances import InstanceType, names
from charts_src.model.base import Model, Name, Problem
from charts_src.model.karpenter import Karpenter
from charts_src.model.node_pool import NodePool


class Gang(Model):
    """The pods of a job that runs on several nodes: one pod on each, with all accelerators of the node."""

    pool: Name
    """Node pool, by its name in karpenter.node_pools. What it has decides what the job computes with."""

    workers: Annotated[int, Field(ge=1, le=64)]
    """Pods, each on a node of its own. With accelerators more than one needs a pool with EFA."""

    cpus: Annotated[int, Field(ge=1, le=1000)]
    """CPUs of each pod."""

    memory_gib: Annotated[int, Field(ge=2, le=4096)]
    """Memory of each pod in GiB, shared memory included."""

    shared_memory_gib: Annotated[int, Field(ge=1, le=1024)] = 1
    """Room in /dev/shm in GiB, which data loaders and collectives use."""

    def problems(self) -> Iterable[Problem]:
        """Find shared memory that the pod has no memory for."""
        if self.shared_memory_gib * 2 > self.memory_gib:
            yield Problem(
                ("shared_memory_gib",),
                f"{self.shared_memory_gib} is more than half of memory_gib {self.memory_gib}, of which it is "
                "a part; lower it or raise memory_gib",
            )


def check(gang: Gang, karpenter: Karpenter) -> Iterable[Problem]:
    """Find a gang that its pool can't hold; paths start at the gang.

    Unknown instance types are the pool's own problem: nothing is found while there are any.
    """
    pool = karpenter.node_pools.get(gang.pool)
    if pool is None:
        known = ", ".join(karpenter.node_pools)
        yield Problem(("pool",), f"{gang.pool} is no pool of karpenter.node_pools; write one of {known}")
    elif all(name in names() for name in pool.instance_types):
        yield from _misplaced(gang, pool)


def processes(pool: NodePool) -> int:
    """Give the processes on each node: one for each NeuronCore or GPU, or one on CPUs."""
    return pool.types[0].neuron_cores or pool.types[0].gpus or 1


def _misplaced(gang: Gang, pool: NodePool) -> Iterable[Problem]:
    accelerated = pool.accelerator != "none"
    if accelerated and pool.purpose != "training":
        yield Problem(("pool",), f"{gang.pool} is for {pool.purpose}; name a pool with purpose training")
    if accelerated and len(pool.instance_types) > 1:
        types = ", ".join(pool.instance_types)
        yield Problem(
            ("pool",), f"{gang.pool} has {types}, but a gang needs equal nodes; give it a pool with one type"
        )
    if gang.workers > pool.max_nodes:
        yield Problem(
            ("workers",),
            f"{gang.workers} need a node each, but pool {gang.pool} stops at {pool.max_nodes}, so none would "
            "ever start; lower it or raise max_nodes",
        )
    if accelerated and gang.workers > 1 and not pool.efa:
        yield Problem(
            ("workers",),
            f"{gang.workers} need fast links, but pool {gang.pool} has no EFA; write 1, or set efa there",
        )
    yield from _oversized(gang, max(pool.types, key=_size))


def _oversized(gang: Gang, largest: InstanceType) -> Iterable[Problem]:
    """Leave something of the node to the kubelet and its agents."""
    if gang.cpus >= largest.vcpus:
        yield Problem(
            ("cpus",), f"{gang.cpus} leave nothing of the {largest.vcpus} of {largest.name}; lower it"
        )
    if gang.memory_gib * 1024 >= largest.memory_mib * 0.93:
        yield Problem(
            ("memory_gib",),
            f"{gang.memory_gib} leave too little of the {largest.memory_mib // 1024} GiB of {largest.name}; "
            "lower it",
        )


def _size(instance: InstanceType) -> tuple[int, int]:
    return instance.vcpus, instance.memory_mib
