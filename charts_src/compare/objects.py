"""The objects in which two environments differ, and the decisions that each difference follows."""

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from charts_src.config.complaints import Where
from charts_src.diff.compare import Change, compare
from charts_src.helm.cases import differ
from charts_src.helm.experiments import Change as Changed
from charts_src.helm.experiments import Objects, changed, data_of, objects
from charts_src.helm.fields import leaves, lookup, reading
from charts_src.incremental import Units
from charts_src.manifest import Component
from charts_src.model import Environment
from charts_src.publish import Files
from charts_src.registry import COMPONENTS


class Object(NamedTuple):
    """An object that differs, and the keys that make it so."""

    change: Change
    because: tuple[Where, ...]


class Part(NamedTuple):
    """A component that differs."""

    component: str
    only_in: str
    """The environment that has it, where the other one has not."""
    because: tuple[Where, ...]
    """Keys that make it so: of its objects, or of its being there."""
    objects: tuple[Object, ...]


def parts(
    one: Environment,
    other: Environment,
    keys: Sequence[Where],
    units: Units,
    tell: Callable[[int, int], None],
) -> list[Part]:
    """Compare the objects of two environments, component by component, in alphabetical order.

    `keys` are the decisions in which they differ. A component is composed for `one` with each of those that
    it reads taken from `other`: what changes then is because of the key. `tell` takes components done, and
    of how many.
    """
    found = []
    ordered = sorted(COMPONENTS, key=lambda each: each.name)
    for done, component in enumerate(ordered):
        tell(done, len(ordered))
        if part := _part(component, one, other, keys, units):
            found.append(part)
    tell(len(ordered), len(ordered))
    return found


def _part(
    component: type[Component], one: Environment, other: Environment, keys: Sequence[Where], units: Units
) -> Part | None:
    with_it = [env for env in (one, other) if component.enabled(env)]
    changes = compare(*(_files(component, env, units) for env in (one, other)))
    if not changes:
        return None
    if len(with_it) == 1:
        reasons = _enabling(component, (one, other), keys)
        return Part(component.name, with_it[0].name, reasons, tuple(Object(each, ()) for each in changes))
    effects = _effects(component, one, other, keys)
    named = [
        Object(each, tuple(where for where in keys if str(each.identity) in effects.get(where, ())))
        for each in changes
    ]
    because = tuple(where for where in keys if any(where in each.because for each in named))
    return Part(component.name, "", because, tuple(named))


def _files(component: type[Component], env: Environment, units: Units) -> Files:
    if not component.enabled(env):
        return {}
    found = units.get(component, env).unit.files
    return {f"{component.name}/{path}": text for path, text in found.items()}


def _enabling(
    component: type[Component], environments: Sequence[Environment], keys: Sequence[Where]
) -> tuple[Where, ...]:
    """Give the keys that decide whether an environment has a component."""
    reads: set[Where] = set()
    for env in environments:
        with reading(env) as found:
            component.enabled(env)
        reads |= found
    return _read(reads, keys)


def _read(reads: set[Where], keys: Sequence[Where]) -> tuple[Where, ...]:
    """Give the keys that are read: themselves, what is in them, or a section around them as a whole."""
    ends = set(leaves(reads))
    return tuple(
        key
        for key in keys
        if any(read[: len(key)] == key for read in reads)
        or any(key[:length] in ends for length in range(1, len(key)))
    )


def _effects(
    component: type[Component], one: Environment, other: Environment, keys: Sequence[Where]
) -> Mapping[Where, set[str]]:
    """Give, for each key that a component reads, the objects that it changes, adds or removes."""
    with reading(one) as found:
        base = objects(component, one)
    with reading(other) as others:
        objects(component, other)
    ours, theirs = data_of(one), data_of(other)
    effects = {}
    for key in _read(found | others, keys):
        made = changed(component, ours, Changed(key, lookup(theirs, key)))
        effects[key] = _changed(base, made[1]) if made else _all(base, component, other)
    return effects


def _changed(base: Objects, made: Objects) -> set[str]:
    return {name for name in {**base, **made} if differ(base.get(name), made.get(name))}


def _all(base: Objects, component: type[Component], other: Environment) -> set[str]:
    """Give all objects: of a key that cannot go over alone nobody knows what it does."""
    return {*base, *objects(component, other)}
