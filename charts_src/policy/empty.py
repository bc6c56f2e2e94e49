"""Rules on what is empty: an empty list or selector often means everything, where nothing was meant."""

from collections.abc import Iterator
from typing import Any, Final

from charts_src.objects import Body
from charts_src.policy.rule import Violation

_MEANT: Final = {
    "emptyDir": "a volume on the disk of the node, without a limit",
    "scaleStrategy": "RayCluster: what its autoscaler writes into",
    "securityContext": "the defaults of the image",
    "selfSigned": "Issuer: a certificate that signs itself",
}
"""Field -> what an empty mapping in it means."""


def none_by_accident(body: Body) -> Iterator[Violation]:
    """Refuse empty lists and mappings, but for those that are the way to say something.

    `from: []` lets everybody in, `matchLabels: {}` selects everything. To say so on purpose, leave the list
    out, or write the whole selector as {} (podSelector, namespaceSelector, ...).
    """
    for part, value in body.items():
        yield from _empties(value, part, part)


def _empties(value: Any, path: str, key: str) -> Iterator[Violation]:
    if value in ({}, []) and isinstance(value, dict | list):
        if isinstance(value, list) or not (key in _MEANT or key.endswith("Selector")):
            yield Violation(path, "is empty, which may mean everything; leave it out or say what is meant")
    elif isinstance(value, dict):
        for name, item in value.items():
            yield from _empties(item, f"{path}.{name}", name)
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _empties(item, f"{path}[{index}]", key)
