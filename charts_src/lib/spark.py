"""Spark jobs: their accounts, where their logs are, and what every job is configured with.

Sources: Spark 4.0 (docs/running-on-kubernetes.md, docs/cloud-integration.md, docs/monitoring.md;
LocalDirsFeatureStep.scala for the name of the scratch volume); hadoop-aws 3.4 (S3A); labels and names of
containers: pkg/common/spark.go of github.com/kubeflow/spark-operator/v2@v2.5.2.
"""

from charts_src.lib import network
from charts_src.lib.iam import statement
from charts_src.model import Environment
from charts_src.objects import Body

OPERATOR_LABEL = "sparkoperator.k8s.io/launched-by-spark-operator"
"""Label of drivers and executors that the operator launched."""

PODS = {OPERATOR_LABEL: "true"}
DRIVER = PODS | {"spark-role": "driver"}
"""Labels of all pods of jobs, and of drivers."""

DRIVER_CONTAINER = "spark-kubernetes-driver"
EXECUTOR_CONTAINER = "spark-kubernetes-executor"

DRIVER_ACCOUNT = "spark-driver"
EXECUTOR_ACCOUNT = "spark-executor"
HISTORY_ACCOUNT = "spark-history"

UI_PORT = 4040
USER = 185
"""User of the images, as in apache/spark."""

SCRATCH_DIRECTORY = "/var/data/spark-local"
PREFIX = "spark"
"""What Spark has in the artifacts bucket. Without a slash: S3A asks for the object `spark` before it makes
the folder, and must not be told that this is forbidden."""

_CLOUD = "org.apache.spark.internal.io.cloud"

CREDENTIALS = "org.apache.hadoop.fs.s3a.auth.IAMInstanceCredentialsProvider"
"""Reads credentials from the EKS Pod Identity agent, with the SDK's ContainerCredentialsProvider. S3A can't
use that one by itself: it has no create() in the SDK of Spark 4.0, 2.25.53."""


def event_logs(env: Environment) -> str:
    """Give the folder where jobs write what happened, and the history server reads it."""
    assert env.storage  # noqa: S101  # check_spark demands it
    return f"s3a://{env.storage.buckets.artifacts}/{PREFIX}/events"


def hadoop_configuration(env: Environment) -> dict[str, str]:
    """Give what S3A needs in every program, without the prefix spark.hadoop."""
    return {
        "fs.s3a.aws.credentials.provider": CREDENTIALS,
        "fs.s3a.endpoint.region": env.aws.region,
    }


def s3a_access(bucket: str, prefix: str, *, write: bool) -> list[Body]:
    """Give the statements for S3A on a prefix of a bucket.

    The bucket may be listed as a whole: S3 answers "forbidden" instead of "not found" to a question for an
    object that is not there unless listing is allowed without a condition, and S3A takes that for an error.
    """
    objects = [
        "s3:GetObject",
        *(("s3:PutObject", "s3:DeleteObject", "s3:AbortMultipartUpload") if write else ()),
    ]
    return [
        statement("ListBucket", ["s3:ListBucket"], [f"arn:aws:s3:::{bucket}"]),
        statement("Objects", objects, [f"arn:aws:s3:::{bucket}/{prefix}*"]),
    ]


def job_configuration(env: Environment) -> dict[str, str]:
    """Give the sparkConf of every job.

    - Event logs roll, so that the history of a long job can be read while it runs.
    - Decommissioning moves shuffle blocks off an executor whose Spot node is taken away.
    - The magic committer writes to S3 without renames; the image has spark-hadoop-cloud for it.
    - Metrics of driver and executors are on the driver's web UI.
    """
    return {
        "spark.decommission.enabled": "true",
        "spark.storage.decommission.enabled": "true",
        "spark.storage.decommission.rddBlocks.enabled": "true",
        "spark.storage.decommission.shuffleBlocks.enabled": "true",
        "spark.eventLog.dir": event_logs(env),
        "spark.eventLog.enabled": "true",
        "spark.eventLog.rolling.enabled": "true",
        "spark.eventLog.rolling.maxFileSize": "64m",
        "spark.hadoop.fs.s3a.committer.name": "magic",
        "spark.local.dir": SCRATCH_DIRECTORY,
        "spark.sql.parquet.output.committer.class": f"{_CLOUD}.BindingParquetOutputCommitter",
        "spark.sql.sources.commitProtocolClass": f"{_CLOUD}.PathOutputCommitProtocol",
        "spark.ui.prometheus.enabled": "true",
    }


def object_storage() -> list[Body]:
    """Give the rules for S3 over HTTPS and for credentials from the EKS Pod Identity agent."""
    return [
        network.aws_api_egress(),
        network.pod_identity_egress(),
    ]
