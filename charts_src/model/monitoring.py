"""The section of monitoring: what is kept of metrics, who is told of alerts, and from when on."""

from typing import Annotated, Literal

from pydantic import Field

from charts_src.model.base import VERSION, Form, Model, Name, Quantity

Minutes = Annotated[int, Field(ge=1, le=7 * 24 * 60)]
"""A time between a minute and a week."""

Percent = Annotated[int, Field(ge=1, le=99)]
"""A part of a hundred."""


class AmazonPrometheus(Model):
    """A workspace of Amazon Managed Service for Prometheus in the region of the cluster."""

    workspace: Annotated[
        str,
        Form(r"^ws-[0-9a-f-]{36}$", "write the id of a workspace: ws- and 36 hexadecimal digits and hyphens"),
    ]
    """Id of the workspace."""


class PrometheusServer(Model):
    """The Prometheus servers: each of them scrapes and keeps everything, so one may fail."""

    version: Annotated[Literal["3.14.0"], VERSION] = "3.14.0"
    """Version of Prometheus."""

    replicas: Annotated[int, Field(ge=1, le=3)] = 2
    """Servers; they do not share the work but repeat it."""

    retention_days: Annotated[int, Field(ge=1, le=400)] = 15
    """How long metrics are kept in the cluster, unless the volume is full before."""

    volume_gib: Annotated[int, Field(ge=10, le=16384)] = 100
    """EBS volume of each server; nine tenths of it hold metrics."""

    cpu: Quantity = "1"
    """CPU of each server, request and limit."""

    memory: Quantity = "8Gi"
    """Memory of each server, request and limit; a series that is scraped costs a few KiB."""

    remote_write: AmazonPrometheus | None = None
    """Where all metrics are sent to as well, to be kept for longer; leave it out to keep them here only."""


class Alertmanager(Model):
    """Who is told of alerts; without a receiver they are seen in Grafana only."""

    version: Annotated[Literal["0.34.0"], VERSION] = "0.34.0"
    """Version of Alertmanager."""

    replicas: Annotated[int, Field(ge=1, le=3)] = 2
    """Servers, which agree on who sends a notification."""

    sns_topic: (
        Annotated[
            str,
            Form(
                r"^[A-Za-z0-9_-]{1,256}$",
                "write the name of the topic alone: letters, digits, hyphens and underscores",
            ),
        ]
        | None
    ) = None
    """Amazon SNS topic, in account and region of the cluster, that every alert is published to."""

    slack_channel: (
        Annotated[str, Form(r"^#[a-z0-9_-]{1,80}$", "write the channel with its #, in quotes")] | None
    ) = None
    """Slack channel that every alert is written to; the remote secret alertmanager-slack holds the webhook's
    URL in its key `url`."""

    dead_mans_switch: bool = False
    """Call a service every five minutes that raises an alarm when the calls stop; the remote secret
    alertmanager-watchdog holds its URL in its key `url`."""


class Grafana(Model):
    """Dashboards, behind the login of the load balancer and then its own, with the same provider."""

    version: Annotated[Literal["13.2.0"], VERSION] = "13.2.0"
    """Version of Grafana."""

    host: Name = "grafana"
    """Host name of Grafana, below ingress.domain."""

    admin_group: Annotated[
        str,
        Form(r"^[A-Za-z0-9_./:@-]{1,128}$", "write a group's name: letters, digits and _ . / : @ -"),
    ] = "platform-admins"
    """Group of the identity provider whose members are administrators of Grafana; all others only look."""

    cpu: Quantity = "250m"
    """CPU, request and limit."""

    memory: Quantity = "512Mi"
    """Memory, request and limit."""


class AlertThresholds(Model):
    """From when on something is an alert."""

    idle_accelerator_minutes: Minutes = 30
    """How long a pod may hold accelerators that do nothing."""

    training_hang_minutes: Minutes = 10
    """How long a training job may give no sign of life."""

    checkpoint_minutes: Minutes = 120
    """How much work of a training job may be lost: the time since its last checkpoint."""

    pending_minutes: Minutes = 20
    """How long a pod may wait for a node with accelerators."""

    queue_minutes: Minutes = 240
    """How long a ClusterQueue may have jobs that wait, without ever being empty."""

    gpu_celsius: Annotated[int, Field(ge=50, le=110)] = 88
    """Temperature of a GPU."""

    volume_full_percent: Percent = 85
    """How full a volume or a node's disk may be."""

    serve_error_percent: Percent = 5
    """Part of the requests to an application on Ray Serve that may fail."""

    serve_latency_seconds: Annotated[int, Field(ge=1, le=600)] = 60
    """Time within which 99 of 100 requests to an application on Ray Serve are answered."""

    serve_queue: Annotated[int, Field(ge=1, le=100_000)] = 20
    """Requests that may wait for a replica of a deployment on Ray Serve."""

    certificate_days: Annotated[int, Field(ge=1, le=60)] = 14
    """Remaining life of a certificate; cert-manager renews after two thirds of it, so fewer days mean that
    renewing fails."""


class Monitoring(Model):
    """Metrics, alerts and dashboards."""

    operator_version: Annotated[Literal["0.94.1"], VERSION] = "0.94.1"
    """Version of the Prometheus Operator and its definitions."""

    prometheus: PrometheusServer = PrometheusServer()
    """What is kept, and how much."""

    alertmanager: Alertmanager = Alertmanager()
    """Who is told of alerts."""

    grafana: Grafana = Grafana()
    """Dashboards."""

    alerts: AlertThresholds = AlertThresholds()
    """From when on something is an alert."""

    kube_state_metrics_memory: Quantity = "512Mi"
    """Memory of kube-state-metrics, request and limit; it grows with the objects in the cluster."""
