"""The section of distributed training with Ray: one job that waits for all of its nodes, then runs once."""

from collections.abc import Iterable, Mapping
from typing import Annotated, Literal

from pydantic import Field

from charts_src.model.base import VERSION, Form, ImageTag, Model, Name, Problem
from charts_src.model.karpenter import Karpenter
from charts_src.model.placing import known
from charts_src.model.storage import Storage

RunName = Annotated[
    str,
    Form(
        r"^[a-z]([-a-z0-9]{0,38}[a-z0-9])?$",
        "write 1 to 40 lower-case letters, digits and hyphens, from a letter to a letter or digit",
    ),
]
"""Name of a RayJob, which the operator makes longer."""

Parameter = str | int | float | bool
"""Value that the training program reads."""


ProgramName = Literal["llm-finetune", "stable-diffusion-finetune"]

RESULTS: Mapping[ProgramName, str] = {
    "llm-finetune": "llm-finetuned/",
    "stable-diffusion-finetune": "stable-diffusion-finetuned/",
}
"""Prefix in the models bucket below which a program may put its result."""


class RayTrain(Model):
    """A training job on every accelerator of several nodes, one worker on each."""

    run: RunName
    """Name of the run. A job runs once: a new name starts a new one, and removes the last one's object; its
    checkpoints stay."""

    program: ProgramName = "llm-finetune"
    """What runs: the fine-tuning of a language model (train.ray_train), or that of Stable Diffusion on NVIDIA
    GPUs (stable_diffusion_finetune.ray_train)."""

    node_pool: Name
    """Pool whose nodes it runs on, one worker on each, with all of a node's accelerators."""

    workers: Annotated[int, Field(ge=1, le=1000)]
    """Workers, and so nodes."""

    cpus: Annotated[int, Field(ge=1, le=1000)]
    """CPUs of each worker."""

    memory_gib: Annotated[int, Field(ge=8, le=4096)]
    """Memory of each worker in GiB."""

    shared_memory_gib: Annotated[int, Field(ge=2, le=2048)] = 8
    """Part of the memory that /dev/shm may take, in GiB: data loaders and Ray's objects."""

    parameters: Mapping[str, Parameter] = {}
    """What the program reads beside its surroundings. For a language model: model, data, hyperparameters; for
    Stable Diffusion: the options of the workflow with underscores (base_model, pictures, prompt, steps).
    `output` is where the result goes beside the folder of the run: s3://<models bucket>/llm-finetuned/<name>/
    or s3://<models bucket>/stable-diffusion-finetuned/<name>/."""

    image_tag: ImageTag = "0.1.0"
    """Tag of the image in the registry of the environment: ray-train, on Neuron devices ray-train-neuron, and
    stable-diffusion-finetune for Stable Diffusion."""

    ray_version: Annotated[Literal["2.60.0"], VERSION] = "2.60.0"
    """Version of Ray in the image; the operator needs to know it."""

    priority: Literal["interactive", "training", "batch"] = "training"
    """Priority in the queue."""

    max_hours: Annotated[int, Field(ge=1, le=2400)] = 72
    """Fail the job when it runs longer."""

    start_minutes: Annotated[int, Field(ge=5, le=1440)] = 60
    """Fail the job when it doesn't run so long after the queue let it go, and let its nodes go too."""

    retries: Annotated[int, Field(ge=0, le=10)] = 0
    """Start anew so many times, on a new cluster and from the last checkpoint."""


def check(section: RayTrain, karpenter: Karpenter, storage: Storage | None) -> Iterable[Problem]:
    """Find a job without nodes or storage; paths start at the environment."""
    if storage is None:
        yield Problem(("ray_train",), "keeps its checkpoints on the shared file system; set storage")
    else:
        yield from _output(section, storage)
    if not known(karpenter):
        return
    pool = karpenter.node_pools.get(section.node_pool)
    where = ("ray_train", "node_pool")
    if pool is None:
        pools = ", ".join(karpenter.node_pools)
        yield Problem(where, f"{section.node_pool} is no node pool; write one of {pools}")
    elif pool.accelerator == "none":
        yield Problem(where, f"{section.node_pool} has no accelerators; name a pool that has")
    elif section.program == "stable-diffusion-finetune" and pool.accelerator != "nvidia":
        yield Problem(
            where,
            f"{section.node_pool} has no NVIDIA GPUs, on which {section.program} runs; name a pool that has",
        )
    elif len({kind.accelerators for kind in pool.types}) > 1:
        yield Problem(
            where, f"{section.node_pool} has nodes with different numbers of accelerators; split it"
        )
    else:
        if section.workers > pool.max_nodes:
            yield Problem(
                ("ray_train", "workers"),
                f"{section.workers} nodes are needed, but {section.node_pool} stops at {pool.max_nodes}; "
                "lower it or raise max_nodes",
            )
        if not all(
            section.cpus < kind.vcpus and section.memory_gib * 1024 < kind.memory_mib for kind in pool.types
        ):
            yield Problem(
                ("ray_train",),
                f"{section.cpus} CPUs and {section.memory_gib} GiB are more than a node of "
                f"{section.node_pool} has for pods; lower them",
            )


def _output(section: RayTrain, storage: Storage) -> Iterable[Problem]:
    """Find a result for which the job has no permission; it would fail only when it is trained."""
    output = section.parameters.get("output", "")
    below = f"s3://{storage.buckets.models}/{RESULTS[section.program]}"
    if output and not str(output).removeprefix(below).strip("/"):
        yield Problem(("ray_train", "parameters"), f"output is {output}; add a name to it")
    elif output and not str(output).startswith(below):
        yield Problem(("ray_train", "parameters"), f"output is {output}; write {below}<name>/")
