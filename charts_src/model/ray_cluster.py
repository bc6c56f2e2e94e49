"""The section of the shared Ray cluster, which notebooks send their tasks to."""

from collections.abc import Iterable, Mapping
from typing import Annotated, Literal

from pydantic import Field

from charts_src.lib.accelerators import Accelerator
from charts_src.model.base import VERSION, ImageTag, Model, Name, Problem
from charts_src.model.karpenter import Karpenter
from charts_src.model.placing import known, unplaceable


class WorkerGroup(Model):
    """Workers of one kind, which come and go with the demand."""

    accelerator: Accelerator = "none"
    """What they compute with. The group is left out where no node pool has it."""

    accelerators: Annotated[int, Field(ge=1, le=64)] = 1
    """GPUs or Neuron devices of each worker; without meaning for CPUs."""

    cpus: Annotated[int, Field(ge=1, le=1000)]
    """CPUs of each worker."""

    memory_gib: Annotated[int, Field(ge=4, le=4096)]
    """Memory of each worker in GiB, its object store included."""

    object_store_gib: Annotated[int, Field(ge=1, le=4096)] = 2
    """Part of the memory for objects that tasks pass on, in GiB."""

    min: Annotated[int, Field(ge=0, le=1000)] = 0
    """Workers that always run."""

    max: Annotated[int, Field(ge=1, le=1000)]
    """Workers under load."""

    def problems(self) -> Iterable[Problem]:
        """Find a minimum above the maximum, and an object store that leaves tasks no memory."""
        if self.min > self.max:
            yield Problem(("min",), f"{self.min} is above max {self.max}; raise max or lower min")
        if self.object_store_gib * 2 > self.memory_gib:
            yield Problem(
                ("object_store_gib",),
                f"{self.object_store_gib} is more than half of memory_gib {self.memory_gib}, and tasks need "
                "the rest; lower it",
            )


class RayCluster(Model):
    """A Ray cluster that all notebooks share."""

    ray_version: Annotated[Literal["2.60.0"], VERSION] = "2.60.0"
    """Version of Ray in the images, and in those of the notebooks: clients need the same one."""

    image_tag: ImageTag = "0.1.0"
    """Tag of the images ray, ray-gpu and ray-neuron in the registry of the environment."""

    host: Name | None = None
    """Host name of the dashboard, below ingress.domain and behind its login; no address unless set. It asks
    for the cluster's token as well, with which one can run any code."""

    head_cpus: Annotated[int, Field(ge=1, le=64)] = 2
    """CPUs of the head, which runs the drivers of Ray Client."""

    head_memory_gib: Annotated[int, Field(ge=4, le=512)] = 8
    """Memory of the head in GiB."""

    idle_minutes: Annotated[int, Field(ge=1, le=1440)] = 10
    """Take a worker away that was idle so long."""

    groups: Annotated[Mapping[Name, WorkerGroup], Field(min_length=1)]
    """Kinds of workers by name."""


def check(section: RayCluster, karpenter: Karpenter) -> Iterable[Problem]:
    """Find groups that no node can hold; paths start at the environment."""
    if not known(karpenter):
        return
    for name, message in unplaceable(section.groups, karpenter):
        yield Problem(("ray_cluster", "groups", name), message)
