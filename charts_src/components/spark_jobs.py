"""What every Spark job needs in its namespace: accounts, permissions, and who talks to whom.

Source: charts/spark-operator-chart/templates/spark of github.com/kubeflow/spark-operator/v2@v2.5.2 (Role);
Spark 4.0, docs/running-on-kubernetes.md (what drivers create) and docs/monitoring.md (metrics).
"""

from collections.abc import Sequence

from charts_src.lib import monitoring, network, rbac
from charts_src.lib.iam import PodIdentity
from charts_src.lib.namespaces import SPARK_JOBS
from charts_src.lib.rbac import ALL, Rule
from charts_src.lib.spark import (
    DRIVER,
    DRIVER_ACCOUNT,
    EXECUTOR_ACCOUNT,
    PODS,
    PREFIX,
    UI_PORT,
    object_storage,
    s3a_access,
)
from charts_src.manifest import Component
from charts_src.model import Environment
from charts_src.objects import Body

DRIVER_RULES = (
    Rule("", ("configmaps", "persistentvolumeclaims", "pods", "services"), (*ALL, "deletecollection")),
)
"""Upstream's Role: what a driver does to get its executors."""


class SparkJobs(Component):
    """The accounts of drivers and executors.

    Upstream gives both one account. Executors run the code of jobs and create nothing, so theirs has no
    permissions and no API token.
    """

    name = "spark-jobs"
    target_namespace = SPARK_JOBS

    @classmethod
    def enabled(cls, env: Environment) -> bool:
        """Say whether the environment has the section spark."""
        return env.spark is not None

    def pod_identities(self) -> Sequence[PodIdentity]:
        """Let jobs read the data bucket, write event logs, and, for the pipeline, its results."""
        spark, storage = self.env.spark, self.env.storage
        assert spark  # noqa: S101  # enabled() is asked first
        assert storage  # noqa: S101  # check_spark demands it
        policies = {
            "event-logs": s3a_access(storage.buckets.artifacts, PREFIX, write=True),
            "data": s3a_access(storage.buckets.data, "", write=False),
        }
        if pipeline := spark.text_pipeline:
            policies["results"] = s3a_access(storage.buckets.data, pipeline.target, write=True)
            policies["tokenizer"] = s3a_access(storage.buckets.models, pipeline.tokenizer, write=False)
        return [PodIdentity(SPARK_JOBS, name, policies) for name in (DRIVER_ACCOUNT, EXECUTOR_ACCOUNT)]

    def compose(self) -> None:
        """Add the accounts and policies, and have drivers scraped."""
        account = rbac.service_account(self, DRIVER_ACCOUNT)
        rbac.service_account(self, EXECUTOR_ACCOUNT)
        self.add(rbac.role(DRIVER_ACCOUNT, DRIVER_RULES))
        rbac.bind_role(account, DRIVER_ACCOUNT)
        metrics = "/metrics/executors/prometheus"
        self.add(monitoring.pod_monitor("spark-drivers", DRIVER, "spark-ui", path=metrics))
        for body in _network_policies(self.env):
            self.add(body)


def _network_policies(env: Environment) -> list[Body]:
    """Let the pods of jobs talk to each other and to S3, and drivers to the Kubernetes API.

    Executors choose ports for shuffle data themselves, so all ports are open between them.
    """
    peers = [network.pods(PODS)]
    return [
        network.allow(
            "spark-jobs",
            PODS,
            ingress=[{"from": peers}],
            egress=[{"to": peers}, *object_storage()],
        ),
        network.allow(
            "spark-drivers",
            DRIVER,
            ingress=[monitoring.scraped(UI_PORT)],
            egress=[network.api_server_egress(env.cluster.vpc_cidr, env.cluster.service_cidr)],
        ),
    ]
