"""The section of language models: an OpenAI-compatible API over models that run on NVIDIA GPUs.

Trainium and Inferentia are left out: Ray 2.60.0 runs vLLM 0.29.0, and the last Neuron image with vLLM that
knows these chips has 0.16.0 (pytorch-inference-vllm-neuronx:0.16.0-neuronx-py312-sdk2.31.1-ubuntu24.04).
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Annotated, Literal

from pydantic import Field

from charts_src.model.base import VERSION, Form, ImageTag, Model, Name, Problem
from charts_src.model.karpenter import Karpenter
from charts_src.model.placing import accelerated_size, known
from charts_src.model.platform import Ingress
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

Commit = Annotated[str, Form(r"^[0-9a-f]{40}$", "write the 40 hexadecimal digits of a commit"), VERSION]
"""Commit of a repository on Hugging Face."""

Parser = Annotated[str, Form(r"^[a-z0-9_-]+$", "write the name of a parser of vLLM")]
"""Name of a parser of vLLM."""

HttpsUrl = Annotated[str, Form(r"^https://[^ ]+$", "write a URL that starts with https://")]
"""Address over TLS."""

Seconds = Annotated[int, Field(ge=0, le=86_400)]
"""A time, at most a day."""

CallerNamespace = Literal["notebooks", "ray", "spark-jobs", "training"]
"""Namespace with pods of users."""


class EngineKwargs(Model):
    """Arguments of vLLM 0.29.0 (vllm/engine/arg_utils.py, entrypoints cli_args.py), under their own names.

    What is not set, vLLM decides.
    """

    dtype: Literal["auto", "bfloat16", "float16"] | None = None
    """Type of the weights and activations."""

    quantization: Literal["awq", "gptq", "fp8", "compressed-tensors"] | None = None
    """How the weights are quantised, where their configuration does not say it."""

    kv_cache_dtype: Literal["auto", "fp8"] | None = None
    """Type of the cache of keys and values; fp8 halves it."""

    gpu_memory_utilization: Annotated[float, Field(ge=0.1, le=0.95)] | None = None
    """Part of the GPU's memory that vLLM takes, for weights and cache together."""

    max_num_seqs: Count | None = None
    """Requests that are computed together; more wait in the engine."""

    max_num_batched_tokens: Annotated[int, Field(ge=64, le=1_000_000)] | None = None
    """Tokens that are computed in one step."""

    enable_prefix_caching: bool | None = None
    """Whether prompts that begin alike share their cache."""

    enforce_eager: bool | None = None
    """Compile nothing: starts sooner, answers slower."""

    revision: Commit | None = None
    """Commit of the repository on Hugging Face; its newest one unless set."""

    enable_auto_tool_choice: bool | None = None
    """Whether the model may choose to call tools; needs tool_call_parser."""

    tool_call_parser: Parser | None = None
    """How calls of tools are read from what the model writes, such as hermes."""

    reasoning_parser: Parser | None = None
    """How reasoning is told from the answer, such as qwen3."""

    def problems(self) -> Iterable[Problem]:
        """Find tools that nothing could read."""
        if self.enable_auto_tool_choice and self.tool_call_parser is None:
            yield Problem(("enable_auto_tool_choice",), "needs tool_call_parser; set it too")


class LlmReplicas(Replicas):
    """How many copies of the model may run."""

    min: Annotated[int, Field(ge=0, le=1000)]
    """Copies that always run. With 0 the last one goes when nobody asks, and the next caller waits for a node
    and the weights, which is longer than request_timeout_seconds: calls fail until then. Two or more outlive
    the loss of a node."""


class LlmModel(Model):
    """A model: each copy runs in a Ray worker of its own, on the GPUs of one node."""

    model_id: Annotated[
        str,
        Form(r"^[A-Za-z0-9][A-Za-z0-9._/-]{0,95}$", "write letters, digits, dots, slashes and hyphens"),
        VERSION,
    ]
    """Name by which callers ask for it."""

    model_source: ModelSource
    """Where the weights come from: s3://<bucket>/<prefix>, or <owner>/<name> on Hugging Face."""

    pool: Name
    """Node pool by its name in karpenter.node_pools, which says what GPUs it gets; purpose inference."""

    accelerators: Annotated[int, Field(ge=1, le=16)] = 1
    """GPUs of each copy, all on one node: vLLM splits every layer over them (tensor parallelism)."""

    max_model_len: Annotated[int, Field(ge=512, le=10_000_000)]
    """Tokens of prompt and answer together. The cache of one request that long has to fit beside the
    weights, or the engine doesn't start."""

    engine_kwargs: EngineKwargs = EngineKwargs()
    """Further arguments of the engine."""

    replicas: LlmReplicas
    """How many copies of the model may run."""

    target_ongoing_requests: Count = 16
    """Requests in progress for each copy that Serve aims at when it adds and removes copies."""

    max_ongoing_requests: Count = 64
    """Requests that one copy admits; those above max_num_seqs wait in the engine."""

    max_queued_requests: Annotated[int, Field(ge=0, le=100_000)] = 200
    """Requests that may wait in each front end for a copy to admit them; more are refused at once, with
    status 429."""

    upscale_delay_seconds: Seconds = 30
    """Add copies when there is too much to do for so long."""

    downscale_delay_seconds: Seconds = 600
    """Take copies away when there is too little to do for so long."""

    downscale_to_zero_delay_seconds: Annotated[int, Field(ge=900, le=86_400)] = 1800
    """Take the last copy away when nobody asked for so long, where replicas.min is 0; longer than a start
    takes, or a copy would go before the caller who asked for it comes back."""

    cpus: Annotated[int, Field(ge=2, le=1000)]
    """CPUs of each copy."""

    memory_gib: Annotated[int, Field(ge=12, le=4096)]
    """Memory of each copy in GiB; that of the GPUs is not part of it."""

    model_cache_gib: Annotated[int, Field(ge=10, le=4096)] = 60
    """Room on the node's disk for the weights and compiled kernels, in GiB; Karpenter launches
    nodes that have it."""

    def problems(self) -> Iterable[Problem]:
        """Find a target above what a copy admits, and a revision of a bucket."""
        if self.target_ongoing_requests >= self.max_ongoing_requests:
            yield Problem(
                ("target_ongoing_requests",),
                f"{self.target_ongoing_requests} is not below max_ongoing_requests "
                f"{self.max_ongoing_requests}, so no copy would ever be added; lower it",
            )
        if self.engine_kwargs.revision and self.model_source.startswith("s3://"):
            yield Problem(("engine_kwargs", "revision"), "means nothing for weights in S3; remove it")


class FrontEnds(Model):
    """Pods without GPUs that take requests, also while a model has no copy."""

    replicas: Annotated[int, Field(ge=1, le=100)] = 2
    """How many there are. Two or more outlive the loss of a node."""

    cpus: Annotated[int, Field(ge=2, le=64)] = 2
    """CPUs of each."""

    memory_gib: Annotated[int, Field(ge=6, le=256)] = 8
    """Memory of each in GiB."""


class TokenApi(Model):
    """A second host name, for programs: the load balancer wants a token instead of a login."""

    host: Name
    """Host name below ingress.domain."""

    scope: Annotated[str, Form(r"^[!#-\[\]-~]+$", "write a scope, without spaces")] = "llm/invoke"
    """Scope that a token must have: of a resource server in the Cognito user pool, or of the provider.
    Programs get tokens with client credentials of their own; the login of a person gives no such scope."""

    jwks_endpoint: HttpsUrl | None = None
    """URL of the provider's public keys, which the load balancer has to reach; Cognito's is known."""


class Llm(Model):
    """Language models behind one OpenAI-compatible API."""

    ray_version: Annotated[Literal["2.60.0"], VERSION] = "2.60.0"
    """Version of Ray in the image; the operator needs to know it."""

    image_tag: ImageTag = "0.1.0"
    """Tag of the image llm-serve in the registry of the environment."""

    host: Name
    """Host name below ingress.domain, behind its login, for browsers."""

    api: TokenApi | None = None
    """Host name for programs outside the cluster; none unless set."""

    callers: tuple[CallerNamespace, ...] = ()
    """Namespaces whose pods may call http://llm-serve-svc.llm:8000/v1, without a login."""

    hugging_face_token: bool = False
    """Whether downloads use the token in the secret <cluster>/hugging-face, key token."""

    request_timeout_seconds: Annotated[int, Field(ge=10, le=590)] = 300
    """Longest time for one request, and what a pod that goes away gets to finish. The load balancer gives
    up after 600 seconds."""

    front_ends: FrontEnds = FrontEnds()
    """Pods that take requests."""

    models: Annotated[Mapping[Name, LlmModel], Field(min_length=1)]
    """Models by name. A model that is added at the end starts beside the others; any other change of what
    its pods are makes a new cluster of all."""

    def problems(self) -> Iterable[Problem]:
        """Find two models with one name for callers, and one host name for two things."""
        owners: dict[str, str] = {}
        for name, model in self.models.items():
            first = owners.setdefault(model.model_id, name)
            if first != name:
                message = f"{model.model_id} is the model_id of {first} too; choose another"
                yield Problem(("models", name, "model_id"), message)
        if self.api and self.api.host == self.host:
            yield Problem(("api", "host"), f"{self.host} is host too; choose another")


def needs(section: Llm) -> Iterator[Need]:
    """Give what each model needs, with its path in the environment."""
    for name, model in section.models.items():
        yield Need(("llm", "models", name), "nvidia", needed(model))


def check(section: Llm, karpenter: Karpenter, ingress: Ingress, others: Iterable[Need]) -> Iterable[Problem]:
    """Find models that no node can hold, and an API whose tokens can't be verified.

    `others` are services in the same node pools. Paths start at the environment. Unknown instance types are
    the node pools' problem: nothing is found while there are any.
    """
    if section.api and ingress.oidc and section.api.jwks_endpoint is None:
        yield Problem(("llm", "api"), "does not know the keys of the provider; set jwks_endpoint")
    if not known(karpenter):
        return
    found = [*_unplaceable(section, karpenter)]
    yield from found
    if not found:
        yield from _above_limits(
            section, karpenter, [need for need in others if need.accelerator == "nvidia"]
        )


def _unplaceable(section: Llm, karpenter: Karpenter) -> Iterator[Problem]:
    for name, model in section.models.items():
        here, pool = ("llm", "models", name), karpenter.node_pools.get(model.pool)
        if pool is None:
            pools = ", ".join(karpenter.node_pools)
            yield Problem(
                (*here, "pool"), f"{model.pool} is no pool of karpenter.node_pools; write one of {pools}"
            )
        elif pool not in inference_pools(karpenter, "nvidia"):
            yield Problem(
                (*here, "pool"), f"{model.pool} has no whole NVIDIA GPUs for inference; name a pool that has"
            )
        elif not fits(model, pool):
            yield Problem(
                here,
                f"one copy needs {accelerated_size(model)}, more than any instance type of pool {model.pool} "
                "has; lower them",
            )


def _above_limits(section: Llm, karpenter: Karpenter, others: list[Need]) -> Iterator[Problem]:
    """Count the second cluster that runs beside the first while a new version takes over."""
    for pool in dict.fromkeys(model.pool for model in section.models.values()):
        count = sum(needed(model) for model in section.models.values() if model.pool == pool)
        limit = capacity([karpenter.node_pools[pool]])
        if count > limit:
            yield Problem(
                ("llm", "models"),
                f"in pool {pool} need {count} accelerators while a new version takes over, but it stops at "
                f"{limit}; lower their replicas.max or raise max_nodes",
            )
            return
    mine = sum(
        needed(model) for model in section.models.values() if not karpenter.node_pools[model.pool].dedicated
    )
    theirs = sum(need.accelerators for need in others)
    limit = capacity(pool for pool in inference_pools(karpenter, "nvidia") if not pool.dedicated)
    if theirs <= limit < mine + theirs:
        who = " and ".join(".".join(need.where) for need in others)
        yield Problem(
            ("llm", "models"),
            f"need {mine} accelerators and {who} {theirs} while new versions take over, but the node pools "
            f"stop at {limit}; lower replicas.max or raise max_nodes",
        )
