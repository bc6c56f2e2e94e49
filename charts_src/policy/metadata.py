"""Rules for labels and annotations: a program looks for an exact key and says nothing of a misspelled one."""

from collections.abc import Iterator
from typing import Any

from charts_src.lib.known_keys import KNOWN
from charts_src.objects import Body
from charts_src.policy.rule import Violation


def known_keys(body: Body) -> Iterator[Violation]:
    """Refuse a key with a prefix (such as karpenter.sh/) that nobody is known to read."""
    yield from _metadata(body, "")


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
