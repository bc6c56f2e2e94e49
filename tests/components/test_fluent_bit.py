import json
from typing import Any

import yaml
from cdk8s import App

from charts_src.components.fluent_bit import FluentBit
from charts_src.objects import Body
from tests.ray_environment import environment, rendered

STORAGE = {
    "buckets": {
        "data": "example-data",
        "models": "example-models",
        "artifacts": "example-art",
        "logs": "example-logs",
    },
    "fsx": {"file_system_id": "fs-0123456789abcdef1", "mount_name": "example1", "capacity_gib": 1200},
}

KNOWN = {
    "service": {
        "flush",
        "grace",
        "log_level",
        "http_server",
        "http_listen",
        "http_port",
        "health_check",
        "hc_errors_count",
        "hc_period",
        "hc_retry_failure_count",
        "storage.path",
        "storage.sync",
        "storage.checksum",
        "storage.max_chunks_up",
        "storage.backlog.mem_limit",
        "storage.metrics",
    },
    "tail": {
        "path",
        "exclude_path",
        "multiline.parser",
        "db",
        "db.locking",
        "buffer_chunk_size",
        "buffer_max_size",
        "skip_long_lines",
        "refresh_interval",
        "rotate_wait",
        "read_from_head",
    },
    "kubernetes": {
        "merge_log",
        "keep_log",
        "labels",
        "annotations",
        "k8s-logging.parser",
        "k8s-logging.exclude",
        "use_kubelet",
        "buffer_size",
        "kube_meta_cache_ttl",
    },
    "cloudwatch_logs": {
        "region",
        "log_group_name",
        "log_stream_prefix",
        "log_stream_template",
        "auto_create_group",
        "log_retention_days",
    },
    "s3": {
        "region",
        "bucket",
        "s3_key_format",
        "use_put_object",
        "compression",
        "total_file_size",
        "upload_timeout",
        "store_dir",
        "store_dir_limit_size",
    },
}
"""Keys that the plugins of fluent-bit v5.1.1 have in their config maps; it does not start with others."""

OF_EVERY_PLUGIN = {"name", "match", "tag", "retry_limit", "storage.type", "storage.total_limit_size"}


def fluent_bit(**logging: Any) -> dict[str, Body]:
    return rendered(FluentBit(App(), environment(logging=logging, storage=STORAGE)))


def configuration(**logging: Any) -> Any:
    return yaml.safe_load(fluent_bit(**logging)["ConfigMap/fluent-bit"]["data"]["fluent-bit.yaml"])


def test_every_key_is_one_that_the_plugin_knows() -> None:
    for destination in ("cloudwatch", "s3"):
        found = configuration(destination=destination)
        assert set(found["service"]) <= KNOWN["service"]
        for plugin in [item for group in found["pipeline"].values() for item in group]:
            assert set(plugin) - OF_EVERY_PLUGIN <= KNOWN[plugin["name"]]


def test_logs_go_to_the_log_group_of_the_cluster_and_are_kept_as_long_as_decided() -> None:
    (output,) = configuration(retention_days=90)["pipeline"]["outputs"]
    assert output["name"] == "cloudwatch_logs"
    assert output["log_group_name"] == "/eks/genai-dev/containers"
    assert output["log_retention_days"] == 90


def test_logs_go_to_the_bucket_of_logs_instead() -> None:
    (output,) = configuration(destination="s3")["pipeline"]["outputs"]
    assert (output["name"], output["bucket"]) == ("s3", "example-logs")


def test_each_destination_is_granted_and_nothing_else() -> None:
    granted = {}
    for destination in ("cloudwatch", "s3"):
        decisions = environment(logging={"destination": destination}, storage=STORAGE)
        (identity,) = FluentBit(App(), decisions).pod_identities()
        ((statement,),) = identity.policies.values()
        granted[destination] = (statement["Action"][-1], statement["Resource"][-1])
    assert granted == {
        "cloudwatch": (
            "logs:PutRetentionPolicy",
            "arn:aws:logs:us-west-2:111122223333:log-group:/eks/genai-dev/containers:*",
        ),
        "s3": ("s3:PutObject", "arn:aws:s3:::example-logs/containers/*"),
    }


def test_it_asks_no_kubelet() -> None:
    assert fluent_bit()["ClusterRole/fluent-bit"]["rules"] == [
        {"apiGroups": [""], "resources": ["namespaces", "pods"], "verbs": ["get", "list", "watch"]}
    ]
    (kubernetes,) = configuration()["pipeline"]["filters"]
    assert kubernetes["use_kubelet"] == "off"


def test_it_runs_on_every_node_as_root_without_capabilities_and_reads_logs_only() -> None:
    spec = fluent_bit()["DaemonSet/fluent-bit"]["spec"]["template"]["spec"]
    (container,) = spec["containers"]
    assert spec["tolerations"] == [{"operator": "Exists"}]
    assert spec["securityContext"]["runAsUser"] == 0
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "capabilities": {"drop": ["ALL"]},
        "readOnlyRootFilesystem": True,
    }
    assert {"name": "logs", "mountPath": "/var/log", "readOnly": True} in container["volumeMounts"]


def test_another_configuration_rolls_the_agents() -> None:
    hashes = {
        json.dumps(
            fluent_bit(retention_days=days)["DaemonSet/fluent-bit"]["spec"]["template"]["metadata"][
                "annotations"
            ]
        )
        for days in (30, 90)
    }
    assert len(hashes) == 2
