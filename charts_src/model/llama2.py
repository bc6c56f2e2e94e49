"""The section of Llama-2: pretraining on Trainium, or of a small model on CPUs to try the steps out."""

from collections.abc import Iterable
from typing import Annotated, Literal

from pydantic import Field

from charts_src.lib.instances import names
from charts_src.model.argo_workflows import ArgoWorkflows
from charts_src.model.base import Form, ImageTag, Model, Problem
from charts_src.model.gang import Gang, processes
from charts_src.model.gang import check as check_gang
from charts_src.model.karpenter import Karpenter
from charts_src.model.storage import Storage

Source = Annotated[
    str,
    Form(
        r"^(s3://[a-z0-9.-]{3,63}/[^ '\"]+|[A-Za-z0-9_.-]+/[A-Za-z0-9_.-]+)$",
        "write s3://<bucket>/<prefix>, or <owner>/<name> on Hugging Face",
    ),
]
"""Place of a model or a data set: a bucket with a prefix, or a repository on Hugging Face."""


class Llama2(Model):
    """Pretraining of Llama-2 as a workflow whose steps can also be run one by one."""

    gang: Gang
    """The pods that train."""

    model: Literal["llama2-7b", "llama2-tiny"] = "llama2-7b"
    """Size of the model; the tiny one trains on a CPU and only tries the steps out."""

    image_tag: ImageTag = "0.1.0"
    """Tag of the image llama2-train-<neuron, gpu or cpu> in the registry of the environment."""

    tokenizer: Source = "meta-llama/Llama-2-7b-hf"
    """Where the tokenizer comes from; the one of Meta needs a token of Hugging Face."""

    dataset: Source = "togethercomputer/RedPajama-Data-1T-Sample"
    """Text to train on."""

    hugging_face_token: bool = True
    """Whether downloads use the token in the secret <cluster>/hugging-face, key token."""

    sequence_length: Annotated[int, Field(ge=128, le=131072)] = 4096
    """Tokens of each sample."""

    global_batch: Annotated[int, Field(ge=1, le=65536)] = 256
    """Samples of each step, over all workers."""

    tensor_parallel: Annotated[int, Field(ge=1, le=128)] = 8
    """Processes that share one copy of the model."""

    steps: Annotated[int, Field(ge=1, le=10_000_000)] = 10_000
    """Steps of the whole training."""

    checkpoint_every: Annotated[int, Field(ge=1, le=100_000)] = 100
    """Steps between checkpoints; what is computed after the last one is lost when a node fails."""

    checkpoints_kept: Annotated[int, Field(ge=2, le=100)] = 3
    """Newest good checkpoints that the clean-up leaves; two or more outlive a bad one."""

    restarts: Annotated[int, Field(ge=0, le=100)] = 10
    """Times that a failed or hung gang is started again, from the newest good checkpoint."""

    hang_minutes: Annotated[int, Field(ge=5, le=240)] = 30
    """Minutes without a finished step after which a gang counts as hung."""

    longest_hours: Annotated[int, Field(ge=1, le=2000)] = 168
    """Hours after which a start of the gang is stopped, whatever it does."""

    prepare_cpus: Annotated[int, Field(ge=1, le=192)] = 2
    """CPUs of the pod that prepares the data set, on a node of purpose system."""

    prepare_memory_gib: Annotated[int, Field(ge=2, le=768)] = 8
    """Memory of that pod in GiB."""


def check(
    section: Llama2, karpenter: Karpenter, storage: Storage | None, workflows: ArgoWorkflows | None
) -> Iterable[Problem]:
    """Find training that can't start; paths start at the environment."""
    if storage is None:
        yield Problem(("llama2",), "keeps its data on the shared file system; set storage")
    if workflows is None:
        yield Problem(("llama2",), "is a workflow; set argo_workflows, or remove this section")
    misplaced = list(check_gang(section.gang, karpenter))
    yield from (Problem(("llama2", "gang", *problem.where), problem.message) for problem in misplaced)
    if not misplaced:
        yield from _uneven(section, karpenter)


def _uneven(section: Llama2, karpenter: Karpenter) -> Iterable[Problem]:
    """Find a model or a batch that can't be spread evenly over the processes."""
    pool = karpenter.node_pools[section.gang.pool]
    if any(name not in names() for name in pool.instance_types):
        return
    each, shared = processes(pool), section.tensor_parallel
    if each % shared:
        yield Problem(
            ("llama2", "tensor_parallel"),
            f"{shared} does not divide the {each} processes of a node; write a divisor of {each}",
        )
    elif section.global_batch % (copies := section.gang.workers * each // shared):
        yield Problem(
            ("llama2", "global_batch"),
            f"{section.global_batch} can't be shared evenly by {copies} copies of the model; write a "
            f"multiple of {copies}",
        )
