"""Rules for container images; paths start at the PodSpec."""

from collections.abc import Iterator
from typing import Any

from charts_src.lib.registries import allowed
from charts_src.model import Environment
from charts_src.objects import Body, all_containers
from charts_src.policy.rule import Violation


def exact(spec: Body) -> Iterator[Violation]:
    """Demand an exact tag or a digest of every image, and its registry."""
    for place, container in all_containers(spec):
        if problem := _problem(container["image"]):
            yield Violation(f"{place}.image", problem)


def foreign(body: Body, env: Environment) -> Iterator[Violation]:
    """Find images, in pods and in fields of custom resources alike, from registries that are not allowed."""
    if body["kind"] != "CustomResourceDefinition":
        for path, image in named(body, ""):
            if not allowed(env, image):
                remedy = "use lib/images.image for a mirrored registry, or add it to images.registries"
                yield Violation(path, f"{image} comes from a registry that is not allowed; {remedy}")


def named(value: Any, path: str) -> Iterator[tuple[str, str]]:
    """Give every image that a field called `image` names, with its path."""
    if isinstance(value, dict):
        for key, item in value.items():
            place = f"{path}.{key}" if path else key
            if key == "image" and isinstance(item, str):
                yield place, item
            else:
                yield from named(item, place)
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from named(item, f"{path}[{index}]")


def _problem(image: str) -> str | None:
    name, _, digest = image.partition("@")
    registry, _, repository = name.partition("/")
    tag = repository.rpartition("/")[2].partition(":")[2]
    if "." not in registry:
        return f"{image} names no registry; write it out"
    if tag == "latest" or not (tag or digest):
        return f"{image} moves; write an exact tag or a digest"
    return None
