"""Rules for ConfigMaps."""

from collections.abc import Iterator

from charts_src.objects import Body
from charts_src.policy.rule import Violation


def not_empty(body: Body) -> Iterator[Violation]:
    """Refuse a ConfigMap with nothing in it: what mounts it finds an empty folder."""
    if body["kind"] == "ConfigMap" and not (body.get("data") or body.get("binaryData")):
        yield Violation("data", "is missing; what reads it finds nothing")
