"""The section of container images: where those of upstream are pulled from."""

from collections.abc import Mapping
from typing import Annotated

from charts_src.model.base import Form, Model

Registry = Annotated[
    str, Form(r"^[a-z0-9.-]+\.[a-z]+(:[0-9]+)?$", "write the host name of a registry, such as quay.io")
]
"""Host of a container registry."""

Repository = Annotated[
    str,
    Form(
        r"^[a-z0-9.-]+(:[0-9]+)?(/[a-z0-9._-]+)*$",
        "write a registry and, after a slash, a path, in lower case and without https://",
    ),
]
"""Registry with a path prefix, without a scheme."""


class Images(Model):
    """Where images of upstream are pulled from."""

    registries: tuple[Registry, ...] = (
        "cr.fluentbit.io",
        "docker.io",
        "ghcr.io",
        "nvcr.io",
        "public.ecr.aws",
        "quay.io",
        "registry.k8s.io",
    )
    """Registries that images may come from, beside the environment's own, its mirrors, and that of EKS
    add-ons in its region. An image from elsewhere fails the render."""

    mirrors: Mapping[Registry, Repository] = {}
    """Upstream registry -> what to pull from instead, such as the prefix of an ECR pull-through cache rule:
    quay.io: 111122223333.dkr.ecr.us-west-2.amazonaws.com/quay."""
