"""What the sections of services with models have in common: copies of a model, and room for them.

A service that gets a new version runs twice for a while: the second cluster starts the smallest number of
copies beside the first, which may be at its largest.
"""

from collections.abc import Iterable
from typing import Annotated, NamedTuple, Protocol

from pydantic import Field

from charts_src.lib.accelerators import Accelerator
from charts_src.model.base import VERSION_IN_BUCKET, Form, Model, Problem
from charts_src.model.karpenter import Karpenter
from charts_src.model.node_pool import NodePool
from charts_src.model.placing import Amounts, has_room

Count = Annotated[int, Field(ge=1, le=1000)]
"""A number of things of which there is at least one."""

ModelSource = Annotated[
    str,
    Form(
        r"^(s3://[a-z0-9.-]{3,63}/[^ ]+|[A-Za-z0-9_.-]+/[A-Za-z0-9_.-]+)$",
        "write s3://<bucket>/<prefix>, or <owner>/<name> on Hugging Face",
    ),
    VERSION_IN_BUCKET,
]
"""Where weights come from."""


class Replicas(Model):
    """How many copies of the model may run."""

    min: Count
    """Copies that always run. Two or more outlive the loss of a node."""

    max: Count
    """Copies under load."""

    def problems(self) -> Iterable[Problem]:
        """Find a minimum above the maximum."""
        if self.min > self.max:
            yield Problem(("min",), f"{self.min} is above max {self.max}; raise max or lower min")


class Copies(Amounts, Protocol):
    """Copies of a model, each in a pod of its own."""

    @property
    def replicas(self) -> Replicas:
        """How many there may be."""


class Need(NamedTuple):
    """The accelerators that a service may use at one time."""

    where: tuple[str, ...]
    """Path of the service in the environment."""
    accelerator: Accelerator
    accelerators: int


def needed(copies: Copies) -> int:
    """Give the accelerators of all copies while a new version takes over."""
    return (copies.replicas.max + copies.replicas.min) * copies.accelerators


def inference_pools(karpenter: Karpenter, accelerator: Accelerator) -> list[NodePool]:
    """Give the node pools of services with whole accelerators of this kind."""
    return [
        pool
        for pool in karpenter.node_pools.values()
        if pool.purpose == "inference" and pool.accelerator == accelerator and pool.gpu_sharing is None
    ]


def capacity(pools: Iterable[NodePool]) -> int:
    """Give the accelerators that the pools may have at one time."""
    return sum(pool.max_nodes * max(each.accelerators for each in pool.types) for pool in pools)


def fits(copies: Copies, pool: NodePool) -> bool:
    """Say whether a copy fits on a node of the pool."""
    return any(copies.accelerators <= kind.accelerators and has_room(copies, kind) for kind in pool.types)
