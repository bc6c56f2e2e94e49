"""Where an object describes pods and containers, by names that stay when a list grows.

Pods come from charts_src/proofs/pods.py, which knows those of custom resources.
"""

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

from charts_src.objects import Body, all_containers, pod_specs
from charts_src.proofs.pods import pods_of
from charts_src.review.gates.leaves import step

_STEP = re.compile(r"([^.\[\]]+)|\[(\d+)\]")


class Place(NamedTuple):
    """A container and the pod around it."""

    path: str
    pod: Body
    container: Body


def pods(body: Body) -> Iterator[tuple[str, Body]]:
    """Give every PodSpec with its path; those that a controller completes are as the controller has them."""
    projected = [(pod.path, pod.spec) for pod in pods_of(body)]
    for path, spec in projected or pod_specs(body):
        yield by_names(body, path), spec


def containers(body: Body) -> Iterator[Place]:
    """Give every container of the pods."""
    for path, spec in pods(body):
        for place, container in all_containers(spec):
            name = container.get("name", "")
            yield Place(f"{path}.{place.partition('[')[0]}[name={name}]", spec, container)


def by_names(body: Body, path: str) -> str:
    """Rewrite the indexes of a path as names; what follows ": " is inside a text."""
    own, separator, inside = path.partition(": ")
    value: Any = body
    written, field = "", ""
    for key, index in _STEP.findall(own):
        if index:
            value = value[int(index)] if isinstance(value, list) and int(index) < len(value) else None
            written += step(field, int(index), value)
        else:
            value = value.get(key) if isinstance(value, dict) else None
            written += f".{key}" if written else key
            field = key
    return written + separator + inside
