"""The section of TensorBoard."""

from collections.abc import Iterable

from charts_src.model.base import ImageTag, Model, Name, Problem, Quantity
from charts_src.model.storage import Storage


class TensorBoard(Model):
    """Curves of all training runs, read from the shared file system, behind the login."""

    host: Name = "tensorboard"
    """Host name, below ingress.domain."""

    image_tag: ImageTag = "0.1.0"
    """Tag of the image tensorboard in the registry of the environment."""

    cpu: Quantity = "500m"
    """CPU of the pod, request and limit."""

    memory: Quantity = "2Gi"
    """Memory of the pod, request and limit; it holds the curves of all runs."""


def check(storage: Storage | None) -> Iterable[Problem]:
    """Find a TensorBoard without the file system that it reads."""
    if storage is None:
        yield Problem(("tensorboard",), "reads the shared file system; set storage, or remove this section")
