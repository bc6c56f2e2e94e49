"""A Spark job that cleans text, tokenises it and writes it to S3 as Parquet, for training.

Source: api/v1beta2 of github.com/kubeflow/spark-operator/v2@v2.5.2 (fields; defaults.go: what its webhook
fills in), internal/controller/sparkapplication/submission.go (templates become Spark's pod templates).

The driver runs On-Demand and Karpenter leaves its node alone: a job without its driver is over. Executors run
on Spot: one that is taken away has two minutes to hand its shuffle blocks to the others.

It is a ScheduledSparkApplication, suspended unless the environment says otherwise: a SparkApplication in Git
would run whenever Argo CD makes it, and suspended it has a state that Argo CD's health check doesn't know.
It does not wait in a queue: Kueue's support of Spark is alpha and refuses dynamic allocation.

The image `spark` has Spark with hadoop-aws, the AWS SDK and spark-hadoop-cloud, Python with a tokenizer, and
the program below /opt/spark/app; its user is 185.
"""

from typing import Any

from charts_src.lib.accelerators import placement
from charts_src.lib.images import own_image
from charts_src.lib.namespaces import SPARK_JOBS
from charts_src.lib.pod import container, mount, pod, resources, scratch
from charts_src.lib.spark import (
    DRIVER_ACCOUNT,
    DRIVER_CONTAINER,
    EXECUTOR_ACCOUNT,
    EXECUTOR_CONTAINER,
    SCRATCH_DIRECTORY,
    USER,
    hadoop_configuration,
    job_configuration,
)
from charts_src.manifest import Component
from charts_src.model import Environment
from charts_src.model.base import CapacityType
from charts_src.model.spark import Spark, TextPipeline
from charts_src.objects import Body

NAME = "text-pipeline"
_PROGRAM = "local:///opt/spark/app/text_pipeline.py"
_DRIVER_CORES = 2
_DRIVER_MEMORY_GIB = 4
_DRIVER_OVERHEAD_GIB = 2
_DRIVER_SCRATCH_GIB = 10
_SPOT_NOTICE_SECONDS = 120


class SparkTextPipeline(Component):
    """The job, on a schedule."""

    name = "spark-text-pipeline"
    target_namespace = SPARK_JOBS

    @classmethod
    def enabled(cls, env: Environment) -> bool:
        """Say whether the environment has the section spark.text_pipeline."""
        return env.spark is not None and env.spark.text_pipeline is not None

    def versions(self) -> dict[str, str]:
        """Name the version of Spark."""
        assert self.env.spark  # noqa: S101  # enabled() is asked first
        return {"spark": self.env.spark.spark_version}

    def compose(self) -> None:
        """Add the job."""
        spark = self.env.spark
        assert spark  # noqa: S101  # enabled() is asked first
        assert spark.text_pipeline  # noqa: S101
        self.add(_scheduled(self.env, spark, spark.text_pipeline))


def _scheduled(env: Environment, spark: Spark, pipeline: TextPipeline) -> Body:
    spec = {
        "schedule": pipeline.schedule,
        "timeZone": "UTC",
        "suspend": pipeline.suspend,
        "concurrencyPolicy": "Forbid",
        "successfulRunHistoryLimit": 3,
        "failedRunHistoryLimit": 3,
        "template": _application(env, spark, pipeline),
    }
    return {
        "apiVersion": "sparkoperator.k8s.io/v1beta2",
        "kind": "ScheduledSparkApplication",
        "metadata": {"name": NAME},
        "spec": spec,
    }


def _application(env: Environment, spark: Spark, pipeline: TextPipeline) -> Body:
    image = own_image(env, "spark", spark.image_tag)
    return {
        "type": "Python",
        "pythonVersion": "3",
        "mode": "cluster",
        "sparkVersion": spark.spark_version,
        "image": image,
        "imagePullPolicy": "IfNotPresent",
        "mainApplicationFile": _PROGRAM,
        "arguments": _arguments(env, pipeline),
        "sparkConf": job_configuration(env),
        "hadoopConf": hadoop_configuration(env),
        "restartPolicy": {
            "type": "OnFailure",
            "onFailureRetries": 2,
            "onFailureRetryInterval": 60,
            "onSubmissionFailureRetries": 3,
            "onSubmissionFailureRetryInterval": 60,
        },
        "dynamicAllocation": {
            "enabled": True,
            "initialExecutors": pipeline.executors.min,
            "minExecutors": pipeline.executors.min,
            "maxExecutors": pipeline.executors.max,
            "shuffleTrackingEnabled": True,
        },
        "driver": _driver(image),
        "executor": _executor(image, pipeline),
    }


def _arguments(env: Environment, pipeline: TextPipeline) -> list[str]:
    assert env.storage  # noqa: S101  # check_spark demands it
    buckets = env.storage.buckets
    return [
        f"--source=s3a://{buckets.data}/{pipeline.source}",
        f"--target=s3a://{buckets.data}/{pipeline.target}",
        f"--tokenizer=s3://{buckets.models}/{pipeline.tokenizer}",
        f"--sequence-length={pipeline.sequence_length}",
    ]


def _driver(image: str) -> Body:
    spec = _pod(
        DRIVER_CONTAINER,
        image,
        _resources(_DRIVER_CORES, _DRIVER_MEMORY_GIB + _DRIVER_OVERHEAD_GIB, _DRIVER_SCRATCH_GIB),
        "on-demand",
        serviceAccountName=DRIVER_ACCOUNT,
        automountServiceAccountToken=True,
    )
    return {
        "cores": _DRIVER_CORES,
        "memory": f"{_DRIVER_MEMORY_GIB}g",
        "memoryOverhead": f"{_DRIVER_OVERHEAD_GIB}g",
        "serviceAccount": DRIVER_ACCOUNT,
        "template": {
            "metadata": {"annotations": {"karpenter.sh/do-not-disrupt": "true"}},
            "spec": spec,
        },
    }


def _executor(image: str, pipeline: TextPipeline) -> Body:
    """Describe executors; dynamic allocation says how many, so `instances` is left out."""
    executors = pipeline.executors
    spec = _pod(
        EXECUTOR_CONTAINER,
        image,
        _resources(executors.cores, executors.memory_gib + executors.overhead_gib, executors.scratch_gib),
        "spot",
        serviceAccountName=EXECUTOR_ACCOUNT,
        terminationGracePeriodSeconds=_SPOT_NOTICE_SECONDS,
    )
    return {
        "cores": executors.cores,
        "memory": f"{executors.memory_gib}g",
        "memoryOverhead": f"{executors.overhead_gib}g",
        "serviceAccount": EXECUTOR_ACCOUNT,
        "template": {"spec": spec},
    }


def _resources(cores: int, memory_gib: int, scratch_gib: int) -> Body:
    """Give what Spark computes itself for CPU and memory, and ask for disk."""
    amounts = resources(str(cores), f"{memory_gib}Gi")
    amounts["requests"]["ephemeral-storage"] = f"{scratch_gib}Gi"
    return amounts


def _pod(name: str, image: str, amounts: Body, capacity: CapacityType, **fields: Any) -> Body:
    """Give the PodSpec that Spark adds its own to; a volume of this name becomes its scratch space."""
    program = container(
        name,
        image,
        resources=amounts,
        volumeMounts=[
            mount("spark-local-dir-1", SCRATCH_DIRECTORY),
            mount("tmp", "/tmp"),  # noqa: S108  # an emptyDir
            mount("work-dir", "/opt/spark/work-dir"),
        ],
    )
    scratch_size = amounts["requests"]["ephemeral-storage"]
    volumes = [scratch("spark-local-dir-1", scratch_size), scratch("tmp", "2Gi"), scratch("work-dir", "1Gi")]
    spec = pod(program, volumes=volumes, **placement("none", "batch"), **fields)
    spec["nodeSelector"] = spec["nodeSelector"] | {"karpenter.sh/capacity-type": capacity}
    identity = {"runAsUser": USER, "runAsGroup": USER, "fsGroup": USER}
    return spec | {"securityContext": spec["securityContext"] | identity}
