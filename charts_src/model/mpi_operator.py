"""The MPI Operator's section."""

from typing import Annotated, Literal

from pydantic import Field

from charts_src.model.base import VERSION, Model, Quantity


class MpiOperator(Model):
    """The operator that runs MPIJobs, for training over several nodes."""

    version: Annotated[Literal["0.8.2"], VERSION] = "0.8.2"
    """Version of the operator and its CRD."""

    replicas: Annotated[int, Field(ge=1, le=3)] = 2
    """Pods of the operator; one leads, the others take over when it fails."""

    cpu: Quantity = "100m"
    """CPU of each pod, request and limit."""

    memory: Quantity = "256Mi"
    """Memory of each pod, request and limit."""
