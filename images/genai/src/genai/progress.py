"""How a training program says that it gets on: to Prometheus, to the kubelet, and to TensorBoard.

The metrics are a contract with the alerts of the platform (charts_src/lib/training_metrics.py).
"""

import os
import time
from pathlib import Path

from prometheus_client import CollectorRegistry, Gauge, start_http_server

PORT = 9095
"""Port of the metrics, at /metrics."""

STEP = "train_step"
LOSS = "train_loss"
TOKENS_PER_SECOND = "train_tokens_per_second"
CHECKPOINT = "train_last_checkpoint_timestamp_seconds"
HEARTBEAT = "train_heartbeat_timestamp_seconds"

_HELP = {
    STEP: "Steps done",
    LOSS: "Loss of the last step",
    TOKENS_PER_SECOND: "Tokens worked off in a second by the whole job",
    CHECKPOINT: "When the last checkpoint was complete; before the first one, when the job started",
    HEARTBEAT: "When the last step was complete",
}


def touch_heartbeat() -> None:
    """Touch the file that HEARTBEAT_FILE names, which the liveness probe looks at; nothing without it."""
    if path := os.environ.get("HEARTBEAT_FILE"):
        Path(path).touch()


class Progress:
    """The signs of one process; a job has one that reports, and the first of each node touches its file."""

    def __init__(self, curves: Path | None = None, port: int | None = None) -> None:
        """Serve metrics on `port` and write event files of TensorBoard to `curves`, where they are given."""
        registry = CollectorRegistry()
        self._gauges = {name: Gauge(name, text, registry=registry) for name, text in _HELP.items()}
        now = time.time()
        self._gauges[CHECKPOINT].set(now)
        self._gauges[HEARTBEAT].set(now)
        self._last = time.monotonic()
        self._curves = None
        if curves:
            from torch.utils.tensorboard import SummaryWriter

            self._curves = SummaryWriter(str(curves))
        if port is not None:
            start_http_server(port, registry=registry)
        touch_heartbeat()

    def step(self, step: int, loss: float, tokens: int) -> None:
        """Note that a step of `tokens` tokens over the whole job is complete."""
        now = time.monotonic()
        rate = tokens / max(now - self._last, 1e-9)
        self._last = now
        for name, value in ((STEP, step), (LOSS, loss), (TOKENS_PER_SECOND, rate), (HEARTBEAT, time.time())):
            self._gauges[name].set(value)
        self.curve("loss/train", loss, step)
        self.curve("throughput/tokens_per_second", rate, step)
        touch_heartbeat()

    def checkpoint(self) -> None:
        """Note that a checkpoint is complete."""
        self._gauges[CHECKPOINT].set(time.time())

    def curve(self, name: str, value: float, step: int) -> None:
        """Add a point to a curve."""
        if self._curves:
            self._curves.add_scalar(name, value, step)
            self._curves.flush()
