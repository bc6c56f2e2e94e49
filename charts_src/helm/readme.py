"""The README of a chart: its values, and what is no value and why."""

import inspect
import json
from collections.abc import Iterator
from typing import Any

from charts_src.helm.fields import Shape, shape_of
from charts_src.helm.learn import Learned, Pattern
from charts_src.helm.template import KEY
from charts_src.helm.values import Used, choices_of, model_path
from charts_src.manifest import Component

_LONGEST = 60


def readme(component: type[Component], used: Used, learned: Learned, default: dict[str, Any]) -> str:
    """Write the README of a component's chart."""
    return "\n".join([*_head(component), *_table(used, default), *_left(learned), ""])


def _head(component: type[Component]) -> Iterator[str]:
    yield f"# {component.name}\n"
    yield f"{inspect.getdoc(component) or ''}\n"
    yield "Made by `make charts` from the construct of the component, and proved to give what it gives: see"
    yield "docs/charts.md of the repository. `values/` has the values of each environment:\n"
    yield f"    helm template {component.name} . --include-crds --values values/prod.yaml\n"


def _table(used: Used, default: dict[str, Any]) -> Iterator[str]:
    fields = sorted(each for each in used.fields if _is_value(each, used))
    if not fields:
        yield "It has no values: nothing in it depends on the environment."
        return
    yield "| value | of | default | |"
    yield "|---|---|---|---|"
    for each in fields:
        shape = shape_of(model_path(each))
        text = " ".join(shape.description.split()).replace("|", r"\|")
        yield f"| `{'.'.join(each)}` | {_of(each, shape, used)} | {_default(default, each)} | {text} |"


def _is_value(each: Pattern, used: Used) -> bool:
    inner = [other for other in used.fields if len(other) > len(each) and other[: len(each)] == each]
    return KEY not in each and not inner


def _of(each: Pattern, shape: Shape, used: Used) -> str:
    if known := choices_of(each, used):
        return " or ".join(f"`{_short(value)}`" for value in known)
    if shape.entry:
        return "map" if shape.keys else "list"
    names = {str: "text", int: "whole number", float: "number", bool: "true or false"}
    return names.get(shape.bare, "section" if shape.section else "value")


def _short(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False).replace("|", r"\|")
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 3]}..."


def _default(default: Any, each: Pattern) -> str:
    for part in each:
        if part == "*" or not isinstance(default, dict):
            return ""
        default = default.get(part)
    return f"`{_short(default)}`"


def _left(learned: Learned) -> Iterator[str]:
    fields = sorted(learned.left)
    if not fields:
        return
    yield "\n## What is no value\n"
    yield "These fields of an environment change the component in ways that no template follows: what"
    yield "comes of them is worked out with facts, such as those of instance types, or depends on several"
    yield "at a time. They are as each environment has them, and `name` says which. After a change of one of"
    yield "them make the chart again; an environment below `global` that has other values is refused.\n"
    yield from (f"- `{'.'.join(each)}`" for each in fields)
