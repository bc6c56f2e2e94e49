"""cert-manager's section."""

from typing import Annotated, Literal

from pydantic import Field

from charts_src.model.base import VERSION, Model


class CertManager(Model):
    """cert-manager, which makes the certificates of admission webhooks."""

    version: Annotated[Literal["1.21.2"], VERSION] = "1.21.2"
    """Version of cert-manager and its CRDs."""

    replicas: Annotated[int, Field(ge=1, le=3)] = 2
    """Pods of controller, webhook and CA injector each; of the first and the last one leads."""
