"""Random mutants of a rendered tree: one field of one object is wrong in each.

Five kinds, equally many of each. The object is drawn uniformly from those that have a place for the kind, and
the place uniformly from those of the object, so that a small object counts as much as a large one:

- delete: a field, an item of a list, or the object itself;
- rename: a key gets a letter more;
- retype: a value becomes one of another type, as by a forgotten quote or dash;
- dangle: a string that names another object, or a part of its own object, gets a letter more; so does the
  host in `<service>.<namespace>`;
- resource: a wrong resource: its name misspelled or that of another one, its number a digit or a unit off.

Left out are only OUTSIDE and COMMENTS, for the reasons given there.
"""

import random
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from copy import deepcopy
from itertools import islice
from typing import Any, Final, NamedTuple

from charts_src.objects import Body

Path = tuple[str | int, ...]

COMMENTS: Final = {
    "description": "a text for people: of a field of a definition, an alert, a class of priority",
    "summary": "a text for people: of an alert",
    "controller-gen.kubebuilder.io/version": "what generated a definition",
    "operator.prometheus.io/version": "what a definition was released with",
}
"""Key -> why neither it nor what is below it is mutated."""

OUTSIDE: Final = {
    "aws": "no Kubernetes objects; the tests of charts_src/cloud and cfn-lint look at them",
}
"""Folder of rendered/<env>/ -> why no mutant comes from it."""

KINDS: Final = ("delete", "rename", "retype", "dangle", "resource")

_RESOURCE_MAPS: Final = frozenset(
    {"requests", "limits", "capacity", "min", "max", "default", "defaultRequest", "hard"}
)
_QUANTITIES: Final = frozenset(
    {
        "backoffLimit",
        "cores",
        "instances",
        "maxReplicas",
        "maxUnavailable",
        "memory",
        "minAvailable",
        "minReplicas",
        "nominalQuota",
        "parallelism",
        "replicas",
        "sizeLimit",
        "storage",
        "volumeSize",
    }
)
_NAMES = (
    "aws.amazon.com/neuron",
    "nvidia.com/gpu",
    "vpc.amazonaws.com/efa",
    "cpu",
    "memory",
    "hugepages-2Mi",
)
_UNITS = {
    "Ti": "Gi",
    "Gi": "Mi",
    "Mi": "Gi",
    "Ki": "Mi",
    "m": "",
    "T": "G",
    "G": "M",
    "M": "G",
    "k": "",
    "g": "M",
}
_QUANTITY = re.compile(r"(\d+(?:\.\d+)?)([A-Za-z]*)")


class Mutant(NamedTuple):
    """One wrong field."""

    kind: str
    file: str
    """Path in rendered/<env>/."""
    path: str
    """Of the field; "" is the whole object."""
    what: str
    """What became of it."""
    body: Body | None
    """The object as it is now; None when it is deleted."""

    @property
    def name(self) -> str:
        """Name the mutant, for the list of survivors."""
        return f"{self.kind} {self.file}: {self.path}: {self.what}"


_Change = tuple[Path, str, Callable[[Body], Body | None]]
"""A place, what happens there, and the function that does it to a copy of the object."""


def mutants(tree: Mapping[str, Body], count: int, seed: int) -> list[Mutant]:
    """Give `count` mutants of a tree (path -> object), as many of each kind, from different objects.

    The same seed gives the same ones, and where the tree changes, others only of the objects that did.
    """
    names = frozenset(body["metadata"]["name"] for body in tree.values())
    return [
        mutant for kind in KINDS for mutant in islice(_of_kind(tree, kind, names, seed), count // len(KINDS))
    ]


def _of_kind(tree: Mapping[str, Body], kind: str, names: frozenset[str], seed: int) -> Iterator[Mutant]:
    """Draw the objects by chance, each with a chance of its own, so that one more moves no other."""
    chances = {file: random.Random(f"{seed} {kind} {file}") for file in tree}
    drawn = {file: chance.random() for file, chance in chances.items()}
    for file in sorted(tree, key=drawn.__getitem__):
        changes = [*_CHANGES[kind](tree[file], names, chances[file])]
        if changes:
            path, what, apply = chances[file].choice(changes)
            yield Mutant(kind, file, dotted(path), what, apply(deepcopy(tree[file])))


def dotted(path: Path) -> str:
    """Write a path as messages do: spec.containers[0].image."""
    text = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path)
    return text.removeprefix(".")


def _walk(value: Any, path: Path = ()) -> Iterator[tuple[Path, Any]]:
    items: Sequence[tuple[str | int, Any]] = ()
    if isinstance(value, dict):
        items = [(key, item) for key, item in value.items() if key not in COMMENTS or isinstance(item, dict)]
    elif isinstance(value, list):
        items = [*enumerate(value)]
    for step, item in items:
        yield (*path, step), item
        yield from _walk(item, (*path, step))


def _deletions(body: Body, _names: frozenset[str], _chance: random.Random) -> Iterator[_Change]:
    yield (), "deleted", lambda _: None
    for path, _ in _walk(body):
        yield path, "deleted", _at(path, _remove)


def _renames(body: Body, _names: frozenset[str], _chance: random.Random) -> Iterator[_Change]:
    for path, _ in _walk(body):
        if isinstance(path[-1], str):
            yield path, f"renamed to {path[-1]}x", _at(path, _rename(f"{path[-1]}x"))


def _retypes(body: Body, _names: frozenset[str], chance: random.Random) -> Iterator[_Change]:
    for path, value in _walk(body):
        other = chance.choice(_other_types(value))
        yield path, f"{_short(value)} becomes {_short(other)}", _at(path, _assign(other))


def _dangles(body: Body, names: frozenset[str], _chance: random.Random) -> Iterator[_Change]:
    own = {
        value for path, value in _walk(body) if path[-1] in ("name", "groupName") and isinstance(value, str)
    }
    for path, value in _walk(body):
        if not isinstance(value, str):
            continue
        if value in names or (value in own and path[-1] != "value"):
            other = f"{value}x"
        else:
            other = _HOST.sub(lambda found: _longer(found, names), value, count=1)
        if other != value:
            yield path, f"{_short(value)} becomes {_short(other)}", _at(path, _assign(other))


_HOST = re.compile(r"\b([a-z0-9-]+)\.([a-z0-9-]+)(?=\.svc\b|:\d|/|$)")


def _longer(found: re.Match[str], names: frozenset[str]) -> str:
    service, namespace = found.groups()
    return f"{service}x.{namespace}" if service in names and namespace in names else found[0]


def _resources(body: Body, _names: frozenset[str], chance: random.Random) -> Iterator[_Change]:
    for path, value in _walk(body):
        parent = path[-2] if len(path) > 1 else ""
        if parent in _RESOURCE_MAPS and isinstance(path[-1], str) and not isinstance(value, dict | list):
            other = chance.choice([f"{path[-1]}x", *(each for each in _NAMES if each != path[-1])])
            yield path, f"renamed to {other}", _at(path, _rename(other))
            yield from _amounts(path, value, chance)
        elif path[-1] in _QUANTITIES and not isinstance(value, dict | list):
            yield from _amounts(path, value, chance)
        elif _is_rbac(body) and parent == "resources":
            yield path, f"{value} becomes {value}x", _at(path, _assign(f"{value}x"))


def _is_rbac(body: Body) -> bool:
    return body["kind"] in ("ClusterRole", "Role")


def _amounts(path: Path, value: Any, chance: random.Random) -> Iterator[_Change]:
    number = _QUANTITY.fullmatch(str(value))
    if not number or number[2] not in ("", *_UNITS):
        return
    others = [f"{number[1]}{_UNITS.get(number[2], number[2])}"]
    if float(number[1]):
        others.append(f"{number[1]}0{number[2]}")
    if not number[2] and number[1].isdigit():
        others.append(str(int(number[1]) + 1))
    others = [each for each in others if each != str(value)]
    other: Any = chance.choice(others)
    other = int(other) if isinstance(value, int) else other
    yield path, f"{value} becomes {other}", _at(path, _assign(other))


def _at(path: Path, change: Callable[[Any, str | int], None]) -> Callable[[Body], Body]:
    def apply(body: Body) -> Body:
        parent: Any = body
        for step in path[:-1]:
            parent = parent[step]
        change(parent, path[-1])
        return body

    return apply


def _remove(parent: Any, step: str | int) -> None:
    del parent[step]


def _assign(value: Any) -> Callable[[Any, str | int], None]:
    def assign(parent: Any, step: str | int) -> None:
        parent[step] = value

    return assign


def _rename(name: str) -> Callable[[Any, str | int], None]:
    def rename(parent: Any, step: str | int) -> None:
        parent[name] = parent.pop(step)

    return rename


def _other_types(value: Any) -> list[Any]:
    if isinstance(value, bool):
        return [str(value).lower(), int(value)]
    if isinstance(value, int | float):
        return [str(value), [value]]
    if isinstance(value, str):
        return [7, True, [value], {"value": value}]
    if isinstance(value, list):
        return [{"items": value}, "text"]
    return ["text", [value], 7]


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


_CHANGES: Final[dict[str, Callable[[Body, frozenset[str], random.Random], Iterator[_Change]]]] = {
    "delete": _deletions,
    "rename": _renames,
    "retype": _retypes,
    "dangle": _dangles,
    "resource": _resources,
}
