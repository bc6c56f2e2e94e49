"""Where every container image comes from: allowed registries, mirrors, and digests.

Every image that a manifest names goes through `image`: those in arguments, environment variables and
configuration files as well as those of containers.
"""

import json
from functools import cache
from pathlib import Path

from charts_src.model import Environment

LOCK = Path(__file__).with_name("images.lock.json")
"""Image with its tag, as upstream publishes it -> sha256 digest; `make lock-images` fills it."""


def image(env: Environment, reference: str) -> str:
    """Give an upstream image such as quay.io/kuberay/operator:v1.6.2 as the environment pulls it.

    Its registry is replaced where the environment has a mirror of it, and its digest is added where the lock
    knows it.
    """
    registry, _, repository = reference.partition("/")
    mirrored = env.images.mirrors.get(registry)
    name = f"{mirrored}/{repository}" if mirrored else reference
    digest = digests().get(reference)
    return f"{name}@{digest}" if digest else name


def own_image(env: Environment, name: str, tag: str) -> str:
    """Give an image that this repository builds, in the registry of the environment."""
    reference = f"{env.registry}/{name}:{tag}"
    digest = digests().get(reference)
    return f"{reference}@{digest}" if digest else reference


@cache
def digests() -> dict[str, str]:
    """Read the lock: image with its tag -> digest."""
    found: dict[str, str] = json.loads(LOCK.read_text(encoding="utf-8"))
    return found
