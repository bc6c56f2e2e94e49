"""The section of container logs: where they go and how long they are kept."""

from collections.abc import Iterable
from typing import Annotated, Literal

from charts_src.model.base import VERSION, Model, Problem
from charts_src.model.storage import Storage

Days = Literal[1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 3653]
"""Days that CloudWatch Logs can keep a log group for (PutRetentionPolicy of its API)."""


class Logging(Model):
    """Container logs: Fluent Bit reads them on each node and sends them away."""

    version: Annotated[Literal["5.1.1"], VERSION] = "5.1.1"
    """Version of Fluent Bit."""

    destination: Literal["cloudwatch", "s3"] = "cloudwatch"
    """cloudwatch: log group /eks/<cluster>/containers, a stream for each container. s3: the logs bucket,
    below containers/, which costs less and is searched with Athena."""

    retention_days: Days = 30
    """How long CloudWatch keeps what is sent from now on, if the log group is made by Fluent Bit. The bucket
    of logs has a lifecycle rule of its own. To encrypt the log group with a key of yours, make it
    beforehand."""


def check(logging: Logging, storage: Storage | None) -> Iterable[Problem]:
    """Find logs that go to a bucket that is not there; paths start at the environment."""
    if logging.destination == "s3" and storage is None:
        yield Problem(
            ("logging", "destination"), "is s3, but there is no bucket; set storage, or write cloudwatch"
        )
