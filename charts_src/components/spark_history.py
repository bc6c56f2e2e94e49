"""Spark's history server: the web UI of jobs that are over, from the event logs that they left.

Source: Spark 4.0, docs/monitoring.md (properties, environment variables, REST API), and
org.apache.hadoop.fs.FsShell of hadoop-client-api, which is in Spark's image.

It has no metrics for Prometheus.
"""

from collections.abc import Sequence

from charts_src.lib import controllers, network, rbac
from charts_src.lib.config_maps import config_annotation, config_map, config_volume
from charts_src.lib.iam import PodIdentity
from charts_src.lib.images import own_image
from charts_src.lib.ingress import Backend, ingress
from charts_src.lib.namespaces import SPARK_JOBS
from charts_src.lib.pod import container, http_probe, mount, pod, port, resources, scratch
from charts_src.lib.spark import (
    HISTORY_ACCOUNT,
    PREFIX,
    USER,
    event_logs,
    hadoop_configuration,
    object_storage,
    s3a_access,
)
from charts_src.manifest import Component
from charts_src.model import Environment
from charts_src.model.spark import Spark
from charts_src.objects import Body

NAME = HISTORY_ACCOUNT
PORT = 18080
_CLASS = "/opt/spark/bin/spark-class"
_CONFIG = "/etc/spark-history"
_CONFIG_FILE = "history.conf"
_CACHE = "/var/spark-history"
_HEALTH = "/api/v1/version"


class SparkHistory(Component):
    """One pod that reads event logs from S3, behind the login of the load balancer."""

    name = NAME
    target_namespace = SPARK_JOBS

    @classmethod
    def enabled(cls, env: Environment) -> bool:
        """Say whether the environment has the section spark."""
        return env.spark is not None

    def versions(self) -> dict[str, str]:
        """Name the version of Spark."""
        return {"spark": self._section.spark_version}

    def pod_identities(self) -> Sequence[PodIdentity]:
        """Let it read event logs, and write them too, as it makes their folder and deletes old ones."""
        assert self.env.storage  # noqa: S101  # check_spark demands it
        statements = s3a_access(self.env.storage.buckets.artifacts, PREFIX, write=True)
        return [PodIdentity(SPARK_JOBS, HISTORY_ACCOUNT, {"event-logs": statements})]

    def compose(self) -> None:
        """Add the server and the way to it."""
        rbac.service_account(self, HISTORY_ACCOUNT)
        text = _properties(self.env, self._section)
        backend = Backend(NAME, PORT, _HEALTH, drain_seconds=30)
        bodies = (
            config_map(NAME, {_CONFIG_FILE: text}),
            _deployment(self.env, self._section, text),
            controllers.disruption_budget(NAME),
            controllers.service(NAME, NAME, PORT, "http"),
            ingress(self.env.ingress, NAME, self._section.history_host, backend),
            _network_policy(self.env),
        )
        for body in bodies:
            self.add(body)

    @property
    def _section(self) -> Spark:
        assert self.env.spark  # noqa: S101  # enabled() is asked first
        return self.env.spark


def _properties(env: Environment, section: Spark) -> str:
    """Keep what it has read on disk, which holds more histories than memory."""
    hadoop = {f"spark.hadoop.{key}": value for key, value in hadoop_configuration(env).items()}
    properties = hadoop | {
        "spark.history.fs.cleaner.enabled": "true",
        "spark.history.fs.cleaner.maxAge": f"{section.history_days}d",
        "spark.history.fs.logDirectory": event_logs(env),
        "spark.history.store.maxDiskUsage": "8g",
        "spark.history.store.path": _CACHE,
        "spark.history.ui.port": str(PORT),
    }
    return "".join(f"{key} {value}\n" for key, value in sorted(properties.items()))


def _deployment(env: Environment, section: Spark, text: str) -> Body:
    """Run one pod: a second one would read every log again, and both would delete old ones."""
    spec = pod(
        _server(env, section),
        initContainers=[_folder(env, section)],
        serviceAccountName=HISTORY_ACCOUNT,
        terminationGracePeriodSeconds=30,
        volumes=[
            config_volume("config", NAME),
            scratch("cache", "10Gi"),
            scratch("tmp", "1Gi"),
        ],
    )
    identity = {"runAsUser": USER, "runAsGroup": USER, "fsGroup": USER}
    spec = spec | {"securityContext": spec["securityContext"] | identity}
    return controllers.deployment(NAME, 1, spec, config_annotation(text))


def _server(env: Environment, section: Spark) -> Body:
    """Give the heap a GiB less than the limit, for what the JVM needs beside it."""
    return container(
        NAME,
        own_image(env, "spark", section.image_tag),
        command=[_CLASS, "org.apache.spark.deploy.history.HistoryServer"],
        args=["--properties-file", f"{_CONFIG}/{_CONFIG_FILE}"],
        env=[{"name": "SPARK_DAEMON_MEMORY", "value": f"{section.history_memory_gib}g"}],
        ports=[port("http", PORT)],
        startupProbe=http_probe(_HEALTH, "http", periodSeconds=5, failureThreshold=60),
        livenessProbe=http_probe(_HEALTH, "http", periodSeconds=20, timeoutSeconds=5),
        readinessProbe=http_probe(_HEALTH, "http", periodSeconds=10, timeoutSeconds=5),
        resources=resources("1", f"{section.history_memory_gib + 1}Gi"),
        volumeMounts=_mounts(),
    )


def _folder(env: Environment, section: Spark) -> Body:
    """Make the folder of the logs: without it neither the server nor a job starts."""
    options = [f"-D{key}={value}" for key, value in hadoop_configuration(env).items()]
    return container(
        "make-folder",
        own_image(env, "spark", section.image_tag),
        command=[_CLASS, "org.apache.hadoop.fs.FsShell"],
        args=[*options, "-mkdir", "-p", event_logs(env)],
        resources=resources("500m", "1536Mi"),
        volumeMounts=_mounts(),
    )


def _mounts() -> list[Body]:
    return [
        mount("config", _CONFIG, readOnly=True),
        mount("cache", _CACHE),
        mount("tmp", "/tmp"),  # noqa: S108  # an emptyDir
    ]


def _network_policy(env: Environment) -> Body:
    """Let the load balancer, which connects from the VPC, reach the UI, and the server S3."""
    caller = {"from": [network.block(env.cluster.vpc_cidr)], "ports": network.ports(PORT)}
    return network.allow(NAME, controllers.labels(NAME), ingress=[caller], egress=object_storage())
