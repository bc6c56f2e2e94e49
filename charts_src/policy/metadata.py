"""Rules for labels and annotations: a program looks for an exact key and says nothing of a misspelled one."""

from collections.abc import Iterator
from typing import Any

from charts_src.lib.known_keys import KNOWN
from charts_src.objects import Body
from charts_src.policy.rule import Violation

_LEVELS = ("baseline", "privileged", "restricted")
"""Of the Pod Security Standards."""


def known_keys(body: Body) -> Iterator[Violation]:
    """Refuse a key with a prefix (such as karpenter.sh/) that nobody is known to read."""
    yield from _metadata(body, "")


def pod_security(body: Body) -> Iterator[Violation]:
    """Demand the level that is enforced in every namespace, and a version of Pod Security for each level.

    Without a version the rules change with the cluster; without a level nothing is refused.
    """
    if body["kind"] != "Namespace":
        return
    labels = body["metadata"].get("labels", {})
    for mode in ("audit", "enforce", "warn"):
        key = f"pod-security.kubernetes.io/{mode}"
        given = {key, f"{key}-version"} & labels.keys()
        if (given or mode == "enforce") and labels.get(key) not in _LEVELS:
            yield Violation(f"metadata.labels.{key}", f"must be one of {', '.join(_LEVELS)}")
        if given and not labels.get(f"{key}-version"):
            yield Violation(f"metadata.labels.{key}-version", "is missing; write a minor such as v1.36")


def _metadata(value: Any, path: str) -> Iterator[Violation]:
    if isinstance(value, dict):
        for key, item in value.items():
            place = f"{path}.{key}" if path else key
            if key in ("labels", "annotations") and isinstance(item, dict):
                yield from _keys(item, place)
            else:
                yield from _metadata(item, place)
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _metadata(item, f"{path}[{index}]")


def _keys(keys: Body, path: str) -> Iterator[Violation]:
    for key in keys:
        if "/" in key and key not in KNOWN:
            message = "nobody is known to read; correct it, or add it to lib/known_keys.py with its reader"
            yield Violation(f"{path}.{key}", message)
