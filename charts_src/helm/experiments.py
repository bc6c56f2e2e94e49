"""Compose a component again and again, each time with one field changed."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, NamedTuple

from pydantic import ValidationError

from charts_src.errors import UserError
from charts_src.helm import probe
from charts_src.helm.fields import MISSING, Data, Where, leaves, lookup, reading, replaced, shape_of
from charts_src.helm.template import KEY
from charts_src.manifest import Component
from charts_src.model import Environment
from charts_src.model.base import all_problems
from charts_src.objects import Body, Identity
from charts_src.units import composed
from charts_src.waves import annotate

Objects = dict[str, Body]
"""Identity -> object, in the order of the identities."""


class Experiment(NamedTuple):
    """What a component is made of in a variation of an environment."""

    base: str
    """The environment."""
    changed: tuple[Where, ...]
    """Fields that are not as in the environment."""
    data: Data
    objects: Objects
    forbidden: bool
    """Whether the model forbids it: it shows what a field does, but nobody can ask for it."""


_FEW = 4

_SENSELESS = (
    ArithmeticError,
    AssertionError,
    AttributeError,
    LookupError,
    RuntimeError,
    TypeError,
    ValueError,
)
"""What composing an environment that the model forbids may end in; nobody else gets that far."""


class Change(NamedTuple):
    """A field, and a value that it doesn't have in an environment."""

    path: Where
    value: Any


def objects(component: type[Component], env: Environment) -> Objects:
    """Give the objects of a component as they are rendered, by identity."""
    bodies = sorted(annotate(composed(component, env).objects()), key=Identity.of)
    return {str(Identity.of(body)): body for body in bodies}


def data_of(env: Environment) -> Data:
    """Give an environment as plain values, with the tuples of the model."""
    return env.model_dump()


def read_by(component: type[Component], env: Environment) -> list[Where]:
    """Give the fields that a component reads, with the collections and optional sections that they are in."""
    with reading(env) as found:
        composed(component, env).objects()
    ends = leaves(found)
    around = {path[:length] for path in ends for length in range(1, len(path))}
    return [*ends, *sorted((path for path in around if _optional(path)), key=str)]


def _optional(path: Where) -> bool:
    shape = shape_of(path)
    return shape.optional or shape.entry is not None


def experiments(component: type[Component], environments: Mapping[str, Environment]) -> Iterator[Experiment]:
    """Compose a component for each environment that has it, and for changes of each field that it reads."""
    data = {name: data_of(env) for name, env in environments.items()}
    for name, env in environments.items():
        if not component.enabled(env):
            continue
        yield Experiment(name, (), data[name], objects(component, env), forbidden=False)
        for path in read_by(component, env):
            known = _known(data.values(), path)
            for change in changes(path, lookup(data[name], path), known):
                if made := changed(component, data[name], change):
                    yield Experiment(name, (change.path,), *made)


def held_out(component: type[Component], environments: Mapping[str, Environment]) -> Iterator[Experiment]:
    """Compose a component with values that no experiment tried, one for each field that it reads."""
    data = {name: data_of(env) for name, env in environments.items()}
    for name, env in environments.items():
        for path in read_by(component, env) if component.enabled(env) else ():
            if not probe.choices(shape_of(path)):
                known = _known(data.values(), path)
                new = changes(path, lookup(data[name], path), known, skip=probe.TRIED)
                made = ((change, changed(component, data[name], change)) for change in new)
                found = (Experiment(name, (change.path,), *some) for change, some in made if some)
                yield from islice((each for each in found if not each.forbidden), 1)


def _known(environments: Iterable[Data], path: Where) -> list[Any]:
    """Give the values that a field has in all environments; what is in a collection, in all entries."""
    found = []
    for data in environments:
        similar = similar_places(data, path) if _varied_by_kind(path) else [path]
        found += [value for place in similar if (value := lookup(data, place)) is not MISSING]
    return found


def _varied_by_kind(path: Where) -> bool:
    """Say whether a field is one whose other values are hard to make up: a list, or a text."""
    shape = shape_of(path)
    return shape.entry is not None or shape.bare is str


def similar_places(data: Data, path: Where) -> list[Where]:
    """Give the places of a field in all entries of the collections that it is in."""
    found: list[Where] = [()]
    for index, part in enumerate(path):
        if index and isinstance(part, str) and shape_of(path[:index]).entry:
            found = [(*where, key) for where in found for key in lookup(data, where) or ()]
        else:
            found = [(*where, part) for where in found if isinstance(lookup(data, where), Mapping | tuple)]
    return found


def changes(path: Where, value: Any, known: Sequence[Any], skip: int = 0) -> Iterator[Change]:
    """Give other values for the field at `path` and, for a collection, for each of its entries."""
    shape = shape_of(path)
    if not shape.entry:
        if not (shape.section and value is not None):
            yield from (Change(path, each) for each in probe.others(shape, value, known, skip=skip))
        elif shape.optional:
            yield Change(path, None)
        return
    yield from (Change(path, each) for each in probe.entries(shape, value, known))
    if isinstance(value, Mapping):
        for key in value:
            yield from (
                Change((*path, key, KEY, mark), None) for mark in probe.marks(shape, key)[skip : skip + 1]
            )
    if not shape.entry.section:
        keys = value if isinstance(value, Mapping) else range(len(value or ()))
        alike = probe.like(probe.items_of(known), value)[:_FEW] if isinstance(value, tuple) else []
        for key in keys:
            items = probe.others(shape.entry, lookup(value, (key,)), alike, skip=skip)
            yield from (Change((*path, key), each) for each in items if each is not None)


def _around(path: Where) -> Where:
    """Give the innermost entry of a collection that a field is in, or the field itself."""
    if path[-2:-1] == (KEY,):
        return path[:-2]
    ends = [length for length in range(2, len(path)) if shape_of(path[: length - 1]).entry]
    return path[: max(ends)] if ends else path


def applied(data: Data, change: Change) -> Data:
    """Give an environment with a change."""
    if change.path[-2:-1] != (KEY,):
        return dict(replaced(data, change.path, change.value))
    *place, old, _, new = change.path
    entries = lookup(data, tuple(place))
    renamed = {new if key == old else key: item for key, item in entries.items()}
    return dict(replaced(data, tuple(place), renamed))


def changed(component: type[Component], data: Data, change: Change) -> tuple[Data, Objects, bool] | None:
    """Compose a component with a change, and say whether the model forbids it; give None where it cannot be.

    That a change leaves something elsewhere without what it needs is no matter here.
    """
    around = _around(change.path)
    data = applied(data, change)
    try:
        env = Environment.model_validate(data)
        if component.enabled(env):
            forbidden = any(problem.where[: len(around)] == around for problem in all_problems(env))
            return data, objects(component, env), forbidden
    except (ValidationError, UserError, *_SENSELESS):
        pass
    return None
