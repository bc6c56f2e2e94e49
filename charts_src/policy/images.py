"""Rules for container images; paths start at the PodSpec."""

from collections.abc import Iterator

from charts_src.objects import Body, all_containers
from charts_src.policy.rule import Violation


def exact(spec: Body) -> Iterator[Violation]:
    """Demand an exact tag or a digest of every image, and its registry."""
    for place, container in all_containers(spec):
        if problem := _problem(container["image"]):
            yield Violation(f"{place}.image", problem)


def _problem(image: str) -> str | None:
    name, _, digest = image.partition("@")
    registry, _, repository = name.partition("/")
    tag = repository.rpartition("/")[2].partition(":")[2]
    if "." not in registry:
        return f"{image} names no registry; write it out"
    if tag == "latest" or not (tag or digest):
        return f"{image} moves; write an exact tag or a digest"
    return None
