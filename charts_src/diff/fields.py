"""The fields in which two values of one object differ."""

import re
from collections import Counter
from dataclasses import dataclass
from difflib import SequenceMatcher
from enum import Enum
from itertools import zip_longest
from typing import TYPE_CHECKING, Any, Final

import yaml

from charts_src.diff.parse import Hidden, Loader

if TYPE_CHECKING:
    from collections.abc import Iterator


class Missing(Enum):
    """The value of a field that one side does not have; null is a value."""

    MISSING = "missing"


MISSING: Final = Missing.MISSING

MERGE_KEYS: Final[dict[str, tuple[str, ...]]] = {
    "conditions": ("type",),
    "hostAliases": ("ip",),
    "ownerReferences": ("uid",),
    "ports": ("containerPort", "port", "name"),
    "topologySpreadConstraints": ("topologyKey",),
    "volumeDevices": ("devicePath",),
    "volumeMounts": ("mountPath",),
    "workerGroupSpecs": ("groupName",),
}
"""List field -> what tells its elements apart; the first key that is unique in both lists is taken.

x-kubernetes-patch-merge-key in api/openapi-spec/swagger.json of Kubernetes v1.34.4; workerGroupSpecs from
apis/ray/v1/raycluster_types.go of KubeRay v1.6.2. Port names serve where TCP and UDP share a number.
"""

_COMMON_KEYS: Final = ("name", "key")
"""For every other list: name is what Kubernetes merges by, key sets requirements and taints apart."""

_ORDERED: Final = ("args", "command")
"""Lists of scalars that mean something else in another order, hence are not compared as sets."""

_PLAIN_KEY: Final = re.compile(r"[A-Za-z_][\w-]*", re.ASCII)


@dataclass(frozen=True)
class FieldChange:
    """One field that differs, e.g. at `spec.template.spec.containers[name=ray-worker].image`.

    A path that ends in [] is an item of a set-like list; in " (order)" a list whose elements only moved,
    old and new being their keys; a " | " stands before what is inside a string that holds YAML.
    """

    path: str
    old: Any
    new: Any


def field_changes(old: Any, new: Any, path: str = "", name: str = "") -> "Iterator[FieldChange]":
    """Give the fields that differ between two values at a path, `name` being the last field in it.

    Mappings are compared in the order of their keys; true, 1 and 1.0 differ; null and absent differ.
    """
    if isinstance(old, dict) and isinstance(new, dict):
        yield from _mappings(old, new, path)
    elif isinstance(old, list) and isinstance(new, list):
        yield from _lists(old, new, path, name)
    elif _frozen(old) != _frozen(new):
        yield from _inside(old, new, path) or [FieldChange(path, old, new)]


def _mappings(old: dict[Any, Any], new: dict[Any, Any], path: str) -> "Iterator[FieldChange]":
    for key in sorted({**old, **new}, key=str):
        below = _below(path, str(key))
        yield from field_changes(old.get(key, MISSING), new.get(key, MISSING), below, str(key))


def _below(path: str, key: str) -> str:
    if not _PLAIN_KEY.fullmatch(key):
        return f'{path}["{key}"]'
    return f"{path}.{key}" if path and not path.endswith(" | ") else f"{path}{key}"


def _inside(old: Any, new: Any, path: str) -> list[FieldChange]:
    """Compare the YAML mappings that two texts hold; nothing is found if e.g. only a comment differs."""
    old_inside, new_inside = _mapping_in(old), _mapping_in(new)
    if old_inside is None or new_inside is None:
        return []
    return [*field_changes(old_inside, new_inside, f"{path} | ")]


def _mapping_in(text: Any) -> dict[Any, Any] | None:
    if not isinstance(text, str) or "\n" not in text:
        return None
    try:
        content = yaml.load(text, Loader)  # noqa: S506 - safe loader
    except (yaml.YAMLError, ValueError):
        return None
    return content if isinstance(content, dict) else None


def _lists(old: list[Any], new: list[Any], path: str, name: str) -> "Iterator[FieldChange]":
    key = next((key for key in MERGE_KEYS.get(name, _COMMON_KEYS) if _tells_apart(key, old, new)), None)
    if key:
        yield from _keyed({e[key]: e for e in old}, {e[key]: e for e in new}, path, key)
    elif name in _ORDERED or any(isinstance(element, (dict, list)) for element in old + new):
        yield from _aligned(old, new, path)
    else:
        yield from _sets(old, new, path)


def _tells_apart(key: str, old: list[Any], new: list[Any]) -> bool:
    if not all(isinstance(e, dict) and isinstance(e.get(key), (str, int)) for e in old + new):
        return False
    return all(len({e[key] for e in side}) == len(side) for side in (old, new))


def _keyed(old: dict[Any, Any], new: dict[Any, Any], path: str, key: str) -> "Iterator[FieldChange]":
    for value in {**new, **old}:
        below = f"{path}[{key}={value}]"
        yield from field_changes(old.get(value, MISSING), new.get(value, MISSING), below)
    kept = [value for value in old if value in new]
    moved = [value for value in new if value in old]
    if kept != moved:
        yield FieldChange(f"{path} (order)", kept, moved)


def _sets(old: list[Any], new: list[Any], path: str) -> "Iterator[FieldChange]":
    before, after = [_frozen(item) for item in old], [_frozen(item) for item in new]
    gone, come = Counter(before) - Counter(after), Counter(after) - Counter(before)
    yield from (FieldChange(f"{path}[]", item, MISSING) for _, item in gone.elements())
    yield from (FieldChange(f"{path}[]", MISSING, item) for _, item in come.elements())
    if before != after and not gone and not come:
        yield FieldChange(f"{path} (order)", old, new)


def _aligned(old: list[Any], new: list[Any], path: str) -> "Iterator[FieldChange]":
    """Compare by index, but step over equal elements first, so that one insertion is one change."""
    matcher = SequenceMatcher(None, [*map(_frozen, old)], [*map(_frozen, new)], autojunk=False)
    for tag, i, i_end, j, j_end in matcher.get_opcodes():
        if tag == "equal":
            continue
        pairs = zip_longest(enumerate(old[i:i_end], i), enumerate(new[j:j_end], j), fillvalue=(None, MISSING))
        for (before, old_value), (after, new_value) in pairs:
            below = f"{path}[{before if after is None else after}]"
            yield from field_changes(old_value, new_value, below)


def _frozen(value: Any) -> tuple[str, Any]:
    """Give what equals only the like of this value: Python's True == 1 == 1.0 does not suit Kubernetes."""
    if isinstance(value, dict):
        return "map", frozenset((key, _frozen(element)) for key, element in value.items())
    if isinstance(value, list):
        return "list", tuple(map(_frozen, value))
    return type(value).__name__, _frozen(value.value) if isinstance(value, Hidden) else value
