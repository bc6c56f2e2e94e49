"""Paths of fields, as a diff writes them: `spec.template.spec.containers[name=ray].image`."""

import re
from collections.abc import Iterator, Sequence
from difflib import get_close_matches
from itertools import chain
from typing import Any, NamedTuple

import yaml

from charts_src.diff.parse import Loader
from charts_src.errors import UserError
from charts_src.helm.fields import MISSING


class Step(NamedTuple):
    """One step into a value: to a key, to an index, to the element whose `key` is `value`, or into YAML."""

    key: str = ""
    position: int | None = None
    value: str | None = None
    inside: bool = False

    def __str__(self) -> str:
        """Write the step as a diff does, a key with the dot before it."""
        if self.inside:
            return " | "
        if self.position is not None:
            return f"[{self.position}]"
        if self.value is not None:
            return f"[{self.key}={self.value}]"
        return f".{self.key}" if _PLAIN.fullmatch(self.key) else f'["{self.key}"]'


_PLAIN = re.compile(r"[A-Za-z_][\w-]*", re.ASCII)
_STEP = re.compile(
    r"""(?P<inside>\ \|\ )
      | \.?(?P<plain>[A-Za-z_][\w-]*)
      | \["(?P<quoted>[^"]*)"\]
      | \[(?P<index>[0-9]+)\]
      | \[(?P<key>[A-Za-z_]\w*)=(?P<value>[^\]]*)\]
      | (?P<order>\[\]|\ \(order\))$
    """,
    re.VERBOSE | re.ASCII,
)
_EXAMPLE = "spec.template.spec.containers[name=ray].image"


def steps(path: str) -> list[Step]:
    """Take a path apart. Raises UserError where it is none."""
    found: list[Step] = []
    position = 0
    while position < len(path):
        match = _STEP.match(path, position)
        if match is None:
            raise UserError(f"{path}: is no path from {path[position:]!r} on; write it as {_EXAMPLE}")
        found += _step(match)
        position = match.end()
    if not found:
        raise UserError(f"{path or 'no field'}: is no path; write it as {_EXAMPLE}")
    return found


def _step(match: re.Match[str]) -> list[Step]:
    if match["order"]:
        return []  # a diff says so of the list as a whole
    if match["index"]:
        return [Step(position=int(match["index"]))]
    if match["key"]:
        return [Step(match["key"], value=match["value"])]
    return [Step(inside=True)] if match["inside"] else [Step(match["plain"] or match["quoted"] or "")]


def written(found: Sequence[Step]) -> str:
    """Write a path."""
    return "".join(map(str, found)).removeprefix(".").replace(" | .", " | ")


def at(value: Any, found: Sequence[Step]) -> Any:
    """Give what is at a path, MISSING where there is nothing."""
    for step in found:
        value = _below(value, step)
    return value


def _below(value: Any, step: Step) -> Any:
    if step.inside:
        return _parsed(value)
    if step.position is not None:
        return value[step.position] if isinstance(value, list) and step.position < len(value) else MISSING
    if step.value is None:
        return value.get(step.key, MISSING) if isinstance(value, dict) else MISSING
    elements = value if isinstance(value, list) else []
    fitting = (each for each in elements if isinstance(each, dict) and str(each.get(step.key)) == step.value)
    return next(fitting, MISSING)


def _parsed(text: Any) -> Any:
    try:
        return yaml.load(text, Loader) if isinstance(text, str) else MISSING  # noqa: S506 - safe loader
    except (yaml.YAMLError, ValueError):
        return MISSING


def nearest(body: Any, found: Sequence[Step]) -> str:
    """Name the field that a path which leads nowhere may mean, with the words for it."""
    length = next(n for n in range(1, len(found) + 1) if at(body, found[:n]) is MISSING)
    around, wrong = found[: length - 1], found[length - 1]
    beside = {str(step): written([*around, step]) for step in _inside(at(body, around))}
    close = [beside[name] for name in get_close_matches(str(wrong), beside, n=1)]
    elsewhere = (written(path) for path in _paths(body, []) if path[-1] == wrong)
    if meant := next(chain(close, elsewhere), ""):
        return f"did you mean {meant}?"
    return f"there are {', '.join(beside.values())}" if beside else f"{written(around)} has no fields"


def _inside(value: Any) -> Iterator[Step]:
    if isinstance(value, dict):
        yield from (Step(str(key)) for key in value)
    elif isinstance(value, list):
        yield from (
            Step("name", value=str(each["name"]))
            if isinstance(each, dict) and "name" in each
            else Step(position=i)
            for i, each in enumerate(value)
        )


def _paths(value: Any, around: list[Step]) -> Iterator[list[Step]]:
    for step in _inside(value):
        yield [*around, step]
        yield from _paths(_below(value, step), [*around, step])
