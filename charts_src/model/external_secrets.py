"""External Secrets' section."""

from typing import Annotated, Literal

from pydantic import Field

from charts_src.model.base import VERSION, Model


class ExternalSecrets(Model):
    """External Secrets, which copies secrets from AWS Secrets Manager into the cluster."""

    version: Annotated[Literal["1.3.2"], VERSION] = "1.3.2"
    """Version of the controller and its CRDs."""

    replicas: Annotated[int, Field(ge=1, le=3)] = 2
    """Pods of the controller; one leads, the others take over when it fails."""
