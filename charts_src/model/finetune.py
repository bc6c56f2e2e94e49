"""The section of fine-tuning Stable Diffusion: DreamBooth with LoRA on GPUs of one node."""

from collections.abc import Iterable
from typing import Annotated

from pydantic import Field

from charts_src.lib.instances import names
from charts_src.model.argo_workflows import ArgoWorkflows
from charts_src.model.base import ImageTag, Model, Name, Problem
from charts_src.model.karpenter import Karpenter
from charts_src.model.llama2 import Source
from charts_src.model.storage import Storage


class StableDiffusionFinetune(Model):
    """Teach Stable Diffusion XL a subject from a few pictures; the result goes to the models bucket."""

    pool: Name
    """Node pool with NVIDIA GPUs, by its name in karpenter.node_pools."""

    gpus: Annotated[int, Field(ge=1, le=8)] = 1
    """GPUs, all on one node."""

    cpus: Annotated[int, Field(ge=1, le=192)] = 6
    """CPUs of the pod."""

    memory_gib: Annotated[int, Field(ge=8, le=2048)] = 24
    """Memory of the pod in GiB."""

    disk_gib: Annotated[int, Field(ge=20, le=4096)] = 100
    """Room on the node's disk for the base model, the pictures and the result, in GiB."""

    image_tag: ImageTag = "0.1.0"
    """Tag of the image stable-diffusion-finetune in the registry of the environment."""

    base_model: Source = "stabilityai/stable-diffusion-xl-base-1.0"
    """Model to start from."""

    steps: Annotated[int, Field(ge=1, le=100_000)] = 500
    """Steps of the training."""

    longest_hours: Annotated[int, Field(ge=1, le=240)] = 12
    """Hours after which it is stopped."""


def check(
    section: StableDiffusionFinetune,
    karpenter: Karpenter,
    storage: Storage | None,
    workflows: ArgoWorkflows | None,
) -> Iterable[Problem]:
    """Find fine-tuning that can't start; paths start at the environment."""
    here = ("stable_diffusion_finetune",)
    if storage is None:
        yield Problem(here, "reads and writes buckets; set storage")
    if workflows is None:
        yield Problem(here, "is a workflow; set argo_workflows, or remove this section")
    pool = karpenter.node_pools.get(section.pool)
    if pool is None:
        known = ", ".join(karpenter.node_pools)
        yield Problem(
            (*here, "pool"), f"{section.pool} is no pool of karpenter.node_pools; write one of {known}"
        )
    elif any(name not in names() for name in pool.instance_types):
        return
    elif pool.accelerator != "nvidia":
        yield Problem((*here, "pool"), f"{section.pool} has no NVIDIA GPUs; name a pool that has")
    elif not any(
        section.gpus <= each.gpus
        and section.cpus < each.vcpus
        and section.memory_gib * 1024 < each.memory_mib * 0.93
        for each in pool.types
    ):
        yield Problem(
            here,
            f"needs {section.gpus} GPUs, {section.cpus} CPUs and {section.memory_gib} GiB, more than any "
            f"instance type of pool {section.pool} has; lower them",
        )
