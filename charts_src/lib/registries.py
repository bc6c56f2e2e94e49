"""Where images may come from: the same list for what is rendered and for what the API server lets in."""

from charts_src.lib.eks_registry import eks_registry
from charts_src.model import Environment


def allowed_prefixes(env: Environment) -> list[str]:
    """Give what an image may start with: our registry, and each of upstream or, if it has one, its mirror."""
    upstream = (eks_registry(env.aws.region), *env.images.registries)
    pulled = (env.images.mirrors.get(registry, registry) for registry in upstream)
    return [f"{prefix}/" for prefix in dict.fromkeys((env.registry, *pulled))]


def allowed(env: Environment, reference: str) -> bool:
    """Say whether an image comes from where the environment lets images come from."""
    return reference.startswith(tuple(allowed_prefixes(env)))
