"""The configuration of Fluent Bit.

Source of every key: fluent-bit v5.1.1, the config maps in plugins/{in_tail,filter_kubernetes,
out_cloudwatch_logs,out_s3} and in src/flb_input.c and flb_output.c, include/fluent-bit/flb_config.h.
"""

from charts_src.emit import emit
from charts_src.model import Environment
from charts_src.objects import Body

HTTP = 2020
STATE = "/var/lib/fluent-bit"
"""On the node: how far each file has been read, and what has not been sent yet."""


def log_group(env: Environment) -> str:
    """Give the log group of the containers of a cluster."""
    return f"/eks/{env.cluster.name}/containers"


def configuration(env: Environment) -> str:
    """Give the text of fluent-bit.yaml."""
    outputs = {"cloudwatch": _cloudwatch, "s3": _s3}
    output = outputs[env.logging.destination](env)
    return emit(
        {
            "service": _SERVICE,
            "pipeline": {
                "inputs": [_TAIL],
                "filters": [_KUBERNETES],
                "outputs": [output | {"match": "kube.*", "storage.total_limit_size": "2G"}],
            },
        }
    )


_SERVICE: Body = {
    "flush": 5,
    "grace": 25,
    "log_level": "info",
    "http_server": "on",
    "http_listen": "0.0.0.0",  # noqa: S104  # who may connect is a matter of the network policy
    "http_port": HTTP,
    "health_check": "on",
    "hc_errors_count": 5,
    "hc_period": 60,
    "hc_retry_failure_count": 5,
    "storage.path": f"{STATE}/storage",
    "storage.sync": "normal",
    "storage.checksum": "off",
    "storage.max_chunks_up": 64,
    "storage.backlog.mem_limit": "16M",
    "storage.metrics": "on",
}
"""Health is bad after five errors in a minute; a pod that is not ready is still left running."""

_TAIL: Body = {
    "name": "tail",
    "tag": "kube.*",
    "path": "/var/log/containers/*.log",
    "exclude_path": "/var/log/containers/fluent-bit-*_node-agents_*.log",
    "multiline.parser": "cri",
    "db": f"{STATE}/tail.db",
    "db.locking": "on",
    "buffer_chunk_size": "64k",
    "buffer_max_size": "1M",
    "skip_long_lines": "on",
    "refresh_interval": 10,
    "rotate_wait": 30,
    "read_from_head": "on",
    "storage.type": "filesystem",
}
"""Chunks wait on the node's disk, so nothing is lost while the destination can't be reached, until there are
2 GB of them. Its own log is left out, or each failure to send would make more to send."""

_KUBERNETES: Body = {
    "name": "kubernetes",
    "match": "kube.*",
    "merge_log": "on",
    "keep_log": "off",
    "labels": "on",
    "annotations": "off",
    "k8s-logging.parser": "off",
    "k8s-logging.exclude": "on",
    "use_kubelet": "off",
    "buffer_size": "0",
    "kube_meta_cache_ttl": "5m",
}
"""Pods are asked of the API server: the kubelet would want nodes/proxy, with which one can run commands in
every pod of a node. A container is left out with the annotation fluentbit.io/exclude."""


def _cloudwatch(env: Environment) -> Body:
    return {
        "name": "cloudwatch_logs",
        "region": env.aws.region,
        "log_group_name": log_group(env),
        "log_stream_prefix": "node-",
        "log_stream_template": (
            "$kubernetes['namespace_name'].$kubernetes['pod_name'].$kubernetes['container_name']"
        ),
        "auto_create_group": "on",
        "log_retention_days": env.logging.retention_days,
        "retry_limit": "no_limits",
    }


def _s3(env: Environment) -> Body:
    assert env.storage  # noqa: S101  # model/logging.py demands it
    return {
        "name": "s3",
        "region": env.aws.region,
        "bucket": env.storage.buckets.logs,
        "s3_key_format": "/containers/%Y/%m/%d/%H/$TAG-$UUID.gz",
        "use_put_object": "on",
        "compression": "gzip",
        "total_file_size": "20M",
        "upload_timeout": "10m",
        "store_dir": f"{STATE}/s3",
        "store_dir_limit_size": "2G",
        "retry_limit": 20,
    }
