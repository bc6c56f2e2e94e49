"""The section of Spark: the operator, the history of jobs, and a pipeline that prepares text for training."""

from collections.abc import Iterable
from typing import Annotated, Literal

from pydantic import Field

from charts_src.lib.instances import names
from charts_src.model.base import VERSION, Form, ImageTag, Model, Name, Problem, Quantity
from charts_src.model.karpenter import Karpenter
from charts_src.model.storage import Storage

Prefix = Annotated[
    str,
    Form(r"^([A-Za-z0-9._=-]+/)+$", "write a prefix in the bucket that ends in a slash, such as text/raw/"),
]
"""Prefix in a bucket, with a slash at its end."""

Size = Annotated[int, Field(ge=1, le=512)]
"""CPUs or GiB of one pod."""


class Executors(Model):
    """The executors of a job, on Spot nodes; one that is lost hands its shuffle blocks on."""

    min: Annotated[int, Field(ge=0, le=500)] = 1
    """Executors that stay while the job runs."""

    max: Annotated[int, Field(ge=1, le=500)] = 8
    """Executors under load."""

    cores: Size = 4
    """CPUs of each."""

    memory_gib: Size = 8
    """Heap of each in GiB."""

    overhead_gib: Size = 4
    """Memory of each beside the heap, where Python runs, in GiB."""

    scratch_gib: Annotated[int, Field(ge=10, le=2000)] = 60
    """Room for shuffle data on the node's disk, in GiB."""

    def problems(self) -> Iterable[Problem]:
        """Find a minimum above the maximum."""
        if self.min > self.max:
            yield Problem(("min",), f"{self.min} is above max {self.max}; raise max or lower min")


class TextPipeline(Model):
    """Clean and tokenise text into Parquet, for training."""

    suspend: bool = True
    """Start no runs. Set it to false to run on the schedule."""

    schedule: Annotated[
        str, Form(r"^[^ ]+( [^ ]+){4}$", "write the five fields of a cron schedule, such as 0 3 * * 6")
    ] = "0 3 * * 6"
    """When it runs, as cron writes it, in UTC."""

    source: Prefix = "text/raw/"
    """Where the text is in the data bucket."""

    target: Prefix = "text/tokens/"
    """Where the tokens go in the data bucket."""

    tokenizer: Prefix = "tokenizers/llama-2-7b/"
    """Where the tokenizer is in the models bucket."""

    sequence_length: Annotated[int, Field(ge=128, le=1_048_576)] = 4096
    """Tokens in each row."""

    executors: Executors = Executors()
    """The executors."""


class Spark(Model):
    """Spark jobs on Kubernetes."""

    version: Annotated[Literal["2.5.2"], VERSION] = "2.5.2"
    """Version of the operator and its CRDs."""

    spark_version: Annotated[Literal["4.0.4"], VERSION] = "4.0.4"
    """Version of Spark in our image: the one that the operator submits with."""

    image_tag: ImageTag = "0.1.0"
    """Tag of the image `spark` in the registry of the environment."""

    replicas: Annotated[int, Field(ge=1, le=3)] = 2
    """Pods of the controller and of the webhook each; one leads, the others take over when it fails."""

    submissions: Annotated[int, Field(ge=1, le=20)] = 4
    """Jobs that the controller submits at the same time: each starts a JVM beside it."""

    memory: Quantity = "4Gi"
    """Memory of each pod of the controller: about 700 MiB for each submission, and 512 MiB."""

    history_host: Name = "spark-history"
    """Host name of the history server, below ingress.domain."""

    history_memory_gib: Annotated[int, Field(ge=1, le=64)] = 2
    """Heap of the history server in GiB."""

    history_days: Annotated[int, Field(ge=1, le=3650)] = 30
    """Days after which the history of a job is deleted."""

    text_pipeline: TextPipeline | None = None
    """Clean and tokenise text into Parquet; leave it out to do without it."""


def check(spark: Spark, karpenter: Karpenter, storage: Storage | None) -> Iterable[Problem]:
    """Find an environment without a place for jobs or for what they leave behind.

    Paths start at the environment. Unknown instance types are the node pools' problem.
    """
    if storage is None:
        yield Problem(("spark",), "keeps logs and data in buckets; set storage, or remove this section")
    if any(name not in names() for pool in karpenter.node_pools.values() for name in pool.instance_types):
        return
    pools = [pool for pool in karpenter.node_pools.values() if pool.purpose == "batch"]
    for capacity, who in (("on-demand", "drivers"), ("spot", "executors")):
        if not any(capacity in pool.capacity for pool in pools):
            yield Problem(
                ("spark",),
                f"runs {who} on {capacity} nodes, but no node pool of purpose batch has capacity {capacity}; "
                "add one",
            )
    if spark.text_pipeline and pools:
        executors = spark.text_pipeline.executors
        memory = executors.memory_gib + executors.overhead_gib
        types = [item for pool in pools if "spot" in pool.capacity for item in pool.types]
        if types and not any(
            executors.cores < item.vcpus and memory * 1024 < item.memory_mib for item in types
        ):
            yield Problem(
                ("spark", "text_pipeline", "executors"),
                f"need {executors.cores} CPUs and {memory} GiB each, more than any instance type of the "
                "batch pools has; lower them",
            )
