"""Compose a component while noting which function of a construct gave what."""

import sys
from collections.abc import Sequence
from pathlib import Path
from types import CodeType, FrameType
from typing import Any, NamedTuple

from charts_src.lib.scope import is_namespaced
from charts_src.manifest import Component
from charts_src.model import Environment
from charts_src.objects import Body, Identity
from charts_src.units import composed

_PACKAGE = Path(__file__).parents[1]
_CONSTRUCTS = tuple(f"{_PACKAGE / name}/" for name in ("components", "lib", "model", "workloads"))


class Call(NamedTuple):
    """A function at work, and where in it."""

    code: CodeType
    names: dict[str, Any]
    """Global names of its module."""
    at: int
    """Index of the instruction that calls the next function."""


class Given(NamedTuple):
    """What a function of a construct returned or yielded, and its callers, itself first."""

    value: Any
    stack: tuple[Call, ...]


class Trace(NamedTuple):
    """What happened while a component was composed."""

    given: Sequence[Given]
    """In the order of time."""
    added: dict[str, Given]
    """Identity of an object -> its body as it was handed to `add`, or its construct, and who did."""


def trace(component: type[Component], env: Environment) -> Trace:
    """Compose the component once; this takes some times as long as without."""
    given: list[Given] = []
    bodies: list[Given] = []
    constructs: list[Given] = []

    def note(frame: FrameType, event: str, value: Any) -> None:
        if event == "return" and isinstance(value, dict | list | tuple) and _ours(frame):
            given.append(Given(value, _stack(frame)))
        elif event == "call" and frame.f_code is Component.add.__code__:
            bodies.append(Given(frame.f_locals["body"], _stack(frame.f_back)))
        elif event == "call" and frame.f_code.co_name == "__init__":
            made = next(iter(frame.f_locals.values()), None)
            if any(each.__name__ == "Resource" for each in type(made).__mro__):  # of cdk8s-plus
                constructs.append(Given(made, _stack(frame.f_back)))

    sys.setprofile(note)
    try:
        chart = composed(component, env)
    finally:
        sys.setprofile(None)
    added = {_name(chart, each.value): each for each in bodies}
    return Trace(given, added | {_of_construct(chart, each.value): each for each in constructs})


def _ours(frame: FrameType) -> bool:
    return frame.f_code.co_filename.startswith(_CONSTRUCTS)


def _stack(frame: FrameType | None) -> tuple[Call, ...]:
    found = []
    while frame is not None:
        if _ours(frame):
            found.append(Call(frame.f_code, frame.f_globals, frame.f_lasti))
        frame = frame.f_back
    return tuple(found)


def _name(chart: Component, body: Body) -> str:
    identity = Identity.of(body)
    own = identity.namespace or chart.target_namespace
    return str(identity._replace(namespace=own if is_namespaced(identity.kind) else ""))


def _of_construct(chart: Component, made: Any) -> str:
    metadata = {"name": made.name, "namespace": made.metadata.namespace or ""}
    return _name(chart, {"apiVersion": "", "kind": made.kind, "metadata": metadata})
