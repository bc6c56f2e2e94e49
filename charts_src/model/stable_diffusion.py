"""The section of Stable Diffusion: image generation over HTTP, on GPUs, on Inferentia2, or on both."""

from collections.abc import Iterable, Iterator
from typing import Annotated, Literal

from pydantic import Field

from charts_src.lib.accelerators import Accelerator
from charts_src.model.base import VERSION, ImageTag, Model, Name, Problem
from charts_src.model.karpenter import Karpenter
from charts_src.model.node_pool import NodePool
from charts_src.model.placing import accelerated_size, known
from charts_src.model.serving import (
    Count,
    ModelSource,
    Need,
    Replicas,
    capacity,
    fits,
    inference_pools,
    needed,
)

ACCELERATOR: dict[str, Accelerator] = {"gpu": "nvidia", "inf2": "inferentia"}
"""Variant -> what it computes with."""

_WITHDRAWN = frozenset(
    f"stabilityai/stable-diffusion-2{suffix}" for suffix in ("", "-inpainting", "-1", "-1-base")
)
"""Repositories that Stability AI took off Hugging Face in November 2025 (huggingface/diffusers#12874)."""


class Limits(Model):
    """The largest request for pictures; what is above gets a clear refusal."""

    prompt_characters: Annotated[int, Field(ge=1, le=20_000)] = 2000
    """Longest prompt, and longest negative prompt. The model itself reads about 300 characters."""

    side: Annotated[int, Field(ge=64, le=4096, multiple_of=8)] = 1024
    """Largest width and height in pixels; it decides how much memory a batch takes."""

    steps: Annotated[int, Field(ge=1, le=1000)] = 60
    """Most steps of the scheduler."""

    images: Annotated[int, Field(ge=1, le=64)] = 4
    """Most pictures of one request; each of them counts as a request in progress."""


class Variant(Model):
    """The model on one kind of accelerator: each copy runs in a Ray worker of its own."""

    host: Name
    """Host name of the service, below ingress.domain."""

    image_tag: ImageTag = "0.1.0"
    """Tag of the image stable-diffusion-serve-<variant> in the registry of the environment."""

    model_source: ModelSource
    """Where the weights come from: s3://<bucket>/<prefix>, or <owner>/<name> on Hugging Face."""

    replicas: Replicas
    """How many copies of the model may run; each is one worker pod."""

    target_ongoing_requests: Count = 1
    """Requests in progress for each copy that Serve aims at when it adds and removes copies; twice as many
    are admitted to one."""

    batch_size: Count = 1
    """Pictures that one call of the model makes at most, if they have size, steps and guidance in common. On
    Inferentia2, what the model was compiled with."""

    batch_wait_milliseconds: Annotated[int, Field(ge=0, le=10_000)] = 50
    """How long a call waits for more pictures while several come at a time."""

    queue_length: Count = 8
    """Pictures that may wait in each of the HTTP replicas when all copies have what they admit; more are
    refused at once, with status 429."""

    limits: Limits = Limits()
    """The largest request."""

    accelerators: Count = 1
    """GPUs or Neuron devices of each copy."""

    cpus: Annotated[int, Field(ge=2, le=1000)]
    """CPUs of each copy: one for the model, one for the HTTP side, more to decode and encode images."""

    memory_gib: Annotated[int, Field(ge=8, le=4096)]
    """Memory of each copy in GiB."""

    model_cache_gib: Annotated[int, Field(ge=10, le=4096)] = 50
    """Room on the node's disk for the weights, in GiB; Karpenter launches nodes that have it."""

    def problems(self) -> Iterable[Problem]:
        """Find a model that can't be downloaded any more, and batches or requests that never fit."""
        if self.batch_size > self.target_ongoing_requests:
            remedy = "raise that, or copies are added before batches are full"
            yield Problem(("batch_size",), f"{self.batch_size} is above target_ongoing_requests; {remedy}")
        if self.limits.images > self.queue_length:
            remedy = "raise it, or a request for that many pictures may never be admitted"
            yield Problem(("queue_length",), f"{self.queue_length} is below limits.images; {remedy}")
        if self.model_source in _WITHDRAWN:
            remedy = "write stabilityai/stable-diffusion-xl-base-1.0, or a copy of your own in S3"
            yield Problem(("model_source",), f"{self.model_source} was withdrawn by its owner; {remedy}")


class StableDiffusion(Model):
    """Image generation over HTTP; leave a variant out to do without it."""

    ray_version: Annotated[Literal["2.60.0"], VERSION] = "2.60.0"
    """Version of Ray in the images; the operator needs to know it."""

    request_timeout_seconds: Annotated[int, Field(ge=10, le=590)] = 120
    """Longest time for one request, and what a pod that goes away gets to finish. The load balancer gives
    up after 600 seconds."""

    gpu: Variant | None = None
    """On NVIDIA GPUs."""

    inf2: Variant | None = None
    """On AWS Inferentia2; the model must be compiled for it with the Neuron SDK of the image."""

    def variants(self) -> dict[str, Variant]:
        """Give the variants that the environment has, by name."""
        both = {"gpu": self.gpu, "inf2": self.inf2}
        return {name: variant for name, variant in both.items() if variant}

    def problems(self) -> Iterable[Problem]:
        """Find a section without a variant, and two variants with one host name."""
        if not self.variants():
            yield Problem((), "has no variant; set gpu or inf2, or remove the section")
        if self.gpu and self.inf2 and self.gpu.host == self.inf2.host:
            yield Problem(("inf2", "host"), f"{self.inf2.host} is the host of gpu too; choose another")


def needs(section: StableDiffusion) -> Iterator[Need]:
    """Give what each variant needs, with its path in the environment."""
    for name, variant in section.variants().items():
        yield Need(("stable_diffusion", name), ACCELERATOR[name], needed(variant))


def check(section: StableDiffusion, karpenter: Karpenter) -> Iterable[Problem]:
    """Find variants that no node pool can hold; paths start at the environment.

    Unknown instance types are the node pools' problem: nothing is found while there are any.
    """
    if not known(karpenter):
        return
    for name, variant in section.variants().items():
        for problem in _unplaceable(variant, ACCELERATOR[name], karpenter):
            yield Problem(("stable_diffusion", name, *problem.where), problem.message)


def _unplaceable(variant: Variant, accelerator: Accelerator, karpenter: Karpenter) -> Iterable[Problem]:
    pools = [pool for pool in inference_pools(karpenter, accelerator) if not pool.dedicated]
    if not pools:
        yield Problem((), f"no node pool has {accelerator} accelerators and purpose inference; add one")
    elif not any(fits(variant, pool) for pool in pools):
        yield Problem(
            (),
            f"one copy needs {accelerated_size(variant)}, more than any instance type of its pools has; "
            "lower them",
        )
    else:
        yield from _above_limits(variant, pools)


def _above_limits(variant: Variant, pools: list[NodePool]) -> Iterable[Problem]:
    """Count the second cluster that runs beside the first while a new version takes over."""
    limit, count = capacity(pools), needed(variant)
    if count > limit:
        yield Problem(
            ("replicas", "max"),
            f"{variant.replicas.max} copies, and {variant.replicas.min} more while a new version takes over, "
            f"need {count} accelerators, but the node pools stop at {limit}; lower it or raise max_nodes",
        )
