"""The AWS Load Balancer Controller's section."""

from typing import Annotated, Literal

from pydantic import Field

from charts_src.model.base import VERSION, Model


class LoadBalancerController(Model):
    """The AWS Load Balancer Controller, which makes the load balancer of the Ingresses."""

    version: Annotated[Literal["3.5.0"], VERSION] = "3.5.0"
    """Version of the controller and its CRDs."""

    replicas: Annotated[int, Field(ge=1, le=3)] = 2
    """Pods of the controller; one leads, all answer to its webhooks."""
