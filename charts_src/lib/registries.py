"""The registries that images of upstream come from; a pod in our namespaces may have images of no other."""

from charts_src.lib.eks_registry import eks_registry
from charts_src.model import Environment

UPSTREAM = (
    "cr.fluentbit.io",
    "docker.io",
    "gcr.io",
    "ghcr.io",
    "nvcr.io",
    "public.ecr.aws",
    "quay.io",
    "registry.k8s.io",
)
"""Public registries that components name images of."""


def allowed_prefixes(env: Environment) -> list[str]:
    """Give what an image may start with: our registry, and each of upstream or, if it has one, its mirror."""
    upstream = (*UPSTREAM, eks_registry(env.aws.region))
    pulled = {env.images.mirrors.get(registry, registry) for registry in upstream}
    return [f"{prefix}/" for prefix in sorted({env.registry, *pulled})]
