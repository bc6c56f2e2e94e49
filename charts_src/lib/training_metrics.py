"""The metrics by which a training job says how it gets on: the contract between trainers and their watchers.

A pod of a job serves them in Prometheus' text format on the port PORT, at /metrics, when it has the labels
that `reporting` gives and the port that `port` gives. Nothing else is to be set up: the component
`prometheus` scrapes such pods in TRAINING_NAMESPACES and opens the way to them.

One pod of a job serves them: the head of a Ray cluster, and of the workers of an MPIJob, which are all alike,
the first. A job that has no checkpoint yet gives the time of its start instead, so that the first one can be
late as well.
"""

from charts_src.lib import pod
from charts_src.lib.monitoring import TRAINING_METRICS
from charts_src.lib.namespaces import TRAINING
from charts_src.objects import Body

PORT = 9095
PORT_NAME = "train-metrics"

JOB_LABEL = "genai-on-eks/training-job"
"""Label of the pods of a job, with its name."""

TRAINING_NAMESPACES = (TRAINING,)
"""Namespaces in which training jobs run."""

STEP = "train_step"
"""Steps that the job has done."""

LOSS = "train_loss"
"""Loss of the last step."""

TOKENS_PER_SECOND = "train_tokens_per_second"
"""Tokens that the whole job has worked off in a second, over the last steps."""

CHECKPOINT = "train_last_checkpoint_timestamp_seconds"
"""When the last checkpoint was complete, in seconds since 1970."""

HEARTBEAT = "train_heartbeat_timestamp_seconds"
"""When the last step was complete, in seconds since 1970."""


def reporting(job: str) -> dict[str, str]:
    """Give the labels of a pod that serves the metrics of a job."""
    return TRAINING_METRICS | {JOB_LABEL: job}


def port() -> Body:
    """Give the port of its container."""
    return pod.port(PORT_NAME, PORT)
