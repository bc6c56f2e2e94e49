"""The metrics by which a training job says how it gets on: the contract between trainers and their watchers.

A pod of a job serves them in Prometheus' text format on the port PORT, at /metrics, when it has the label
monitoring.TRAINING_METRICS; the label JOB_LABEL says which job it belongs to. Nothing else is to be set up:
the component `prometheus` scrapes such pods in TRAINING_NAMESPACES and opens the way to them.

One pod for each job is enough, usually that of rank 0. A job that has no checkpoint yet gives the time of its
start instead, so that the first one can be late as well.
"""

from charts_src.lib.namespaces import RAY, TRAINING

PORT = 9095
PORT_NAME = "train-metrics"

JOB_LABEL = "genai-on-eks/training-job"
"""Label of the pods of a job, with its name."""

TRAINING_NAMESPACES = (RAY, TRAINING)
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
