"""Namespaces that selectors and lists name, by which a controller or a policy knows where it may look."""

from collections.abc import Iterator
from typing import Any

from charts_src.lib.network import NAMESPACE_LABEL
from charts_src.proofs.tree import Failure, Objects

_LISTS = ("matchNames", "namespaces")
_KUBERNETES = {"default", "kube-node-lease", "kube-public", "kube-system"}
_ALL = "*"


def unknown(objects: Objects) -> list[Failure]:
    """Find namespaces that are named and not there, sorted."""
    known = _KUBERNETES | {_ALL} | {identity.name for identity in objects if identity.kind == "Namespace"}
    return sorted(
        Failure(str(identity), f"{path} names the namespace {name}, which is not there; correct it")
        for identity, body in objects.items()
        if identity.kind != "CustomResourceDefinition"
        for path, name in _named(body, "")
        if name not in known
    )


def _named(value: Any, path: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for key, item in value.items():
            place = f"{path}.{key}" if path else key
            if key in _LISTS or (key == "values" and value.get("key") == NAMESPACE_LABEL):
                yield from ((place, each) for each in item if isinstance(each, str))
            elif key == NAMESPACE_LABEL and path.endswith("matchLabels"):
                yield place, item
            else:
                yield from _named(item, place)
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _named(item, f"{path}[{index}]")
