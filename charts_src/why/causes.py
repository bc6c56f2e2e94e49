"""The fields of an environment that change a field of an object when they change, found by experiment."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Literal, NamedTuple, get_args, get_origin

from charts_src.errors import UserError
from charts_src.helm.cases import differ, without
from charts_src.helm.experiments import (
    Change,
    Objects,
    changed,
    changes,
    data_of,
    known_values,
    objects,
    read_by,
)
from charts_src.helm.fields import MISSING, Data, Where, leaves, lookup, reading, shape_of
from charts_src.helm.template import KEY
from charts_src.lib.instances import instance, names
from charts_src.manifest import Component
from charts_src.model import Environment, Model
from charts_src.objects import Body, Identity
from charts_src.units import file_names
from charts_src.why.address import Step, at

_FEW = 4


class Field(NamedTuple):
    """A field of an object of a component."""

    component: type[Component]
    identity: str
    steps: tuple[Step, ...]


class Causes(NamedTuple):
    """The fields of an environment that a field of an object follows."""

    value: tuple[Where, ...]
    """Those that give it another value."""
    presence: tuple[Where, ...]
    """Those that only make it, or its object, come and go."""


def causes(
    field: Field, name: str, environments: Mapping[str, Environment], tell: Callable[[int, int], None]
) -> Causes:
    """Change one by one the fields of environment `name` that the component reads, and look at `field`.

    Other environments give values to try. `tell` takes how many fields are done, and of how many.
    """
    env = environments[name]
    base = objects(field.component, env)
    data = {each: data_of(other) for each, other in environments.items()}
    paths = [inner for path in read_by(field.component, env) for inner in _inner(path)]
    found: dict[str, set[Where]] = {"value": set(), "presence": set()}
    for done, path in enumerate(paths):
        tell(done, len(paths))
        for change in changes(path, lookup(data[name], path), _known(path, name, data)):
            where = _key(change, data[name])
            made = None if where in found["value"] else changed(field.component, data[name], change)
            if made and (effect := _effect(field, base, made[1])):
                found[effect].add(where)
        if _has_one_choice(path) and (other := _unchecked(field.component, env, path)):
            found["value"] |= {path} if _effect(field, base, other) == "value" else set()
    tell(len(paths), len(paths))
    value = _specific(found["value"], data[name])
    covered = {where[:length] for where in value for length in range(1, len(where) + 1)}
    return Causes(value, _specific(found["presence"] - covered, data[name]))


def _known(path: Where, name: str, data: Mapping[str, Data]) -> list[Any]:
    """Give values to try: of all environments, and those of forms that nobody can make up."""
    own = data[name]
    return [*known_values(data.values(), path), *_named(path, lookup(own, path), own)]


def _named(path: Where, value: Any, own: Data) -> list[Any]:
    """Give instance types of other sizes, a mirror of each registry, and the other node pools."""
    if path == ("images", "mirrors"):
        return [{each: "qzx7.example.com/qzx7"} for each in own["images"]["registries"]]
    if path[-1] == "instance_types" and value:
        sizes = {_size(each): (each,) for each in names() if _size(each)[0] == _size(value[0])[0]}
        return list(sizes.values())[:_FEW]
    pools = own["karpenter"]["node_pools"]
    return [each for each in pools if each != value] if isinstance(value, str) and value in pools else []


def _size(name: str) -> tuple[str, int]:
    """Give what pods ask a node for: its kind of accelerators and their number, or of its CPUs."""
    of = instance(name)
    return of.accelerator, of.gpus or of.neuron_devices or of.vcpus


def _has_one_choice(path: Where) -> bool:
    """Say whether the model knows only one value, such as the one version that constructs are written for."""
    return len(get_args(shape_of(path).bare)) == 1 and get_origin(shape_of(path).bare) is Literal


def _unchecked(component: type[Component], env: Environment, path: Where) -> Objects | None:
    """Compose with a value that the model does not know, where constructs can."""
    try:
        return objects(component, _with(env, path, f"{lookup(data_of(env), path)}-qzx7"))
    except (UserError, LookupError, ValueError):
        return None


def _with(value: Any, path: Where, new: Any) -> Any:
    """Give a copy of a section, or of a collection, with another value at a path, unchecked."""
    if not path:
        return new
    first, rest = path[0], path[1:]
    if isinstance(value, Model):
        return value.model_copy(update={str(first): _with(getattr(value, str(first)), rest, new)})
    if isinstance(value, tuple):
        return tuple(_with(each, rest, new) if index == first else each for index, each in enumerate(value))
    return {**value, first: _with(value[first], rest, new)}


def _inner(path: Where) -> list[Where]:
    """Give the fields of a section that is read as a whole; one that may be missing is asked for only."""
    shape = shape_of(path)
    if shape.section is None or shape.optional:
        return [path]
    return [inner for name in shape.section.model_fields for inner in _inner((*path, name))]


def _key(change: Change, data: Data) -> Where:
    """Give the key that a change is about; that of an entry, for another name of it and where it is gone."""
    if KEY in change.path:
        return change.path[: change.path.index(KEY)]
    gone = without(lookup(data, change.path), change.value)
    return change.path if gone is None else (*change.path, gone)


def _effect(field: Field, base: Objects, other: Objects) -> str:
    """Say what a change does: gives another value, takes the field or its object away, or nothing."""
    before = at(base[field.identity], field.steps)
    body = other.get(field.identity) or _renamed(base, other, base[field.identity])
    if body is None:
        return "presence"
    after = at(body, field.steps)
    if after is MISSING:
        return "presence"
    return "value" if differ(before, after) else ""


def _renamed(base: Objects, other: Objects, gone: Body) -> Body | None:
    """Find the only new object of the kind of one that is gone: the same one under another name."""
    new = [body for name, body in other.items() if name not in base and body["kind"] == gone["kind"]]
    return new[0] if len(new) == 1 else None


def _specific(found: set[Where], data: Data) -> tuple[Where, ...]:
    """Name items instead of the collection around them, but the list where all of its items are named."""
    lists = {where[:-1] for where in found if isinstance(lookup(data, where[:-1]), tuple)}
    whole = {
        where for where in lists if all((*where, index) in found for index in range(len(lookup(data, where))))
    }
    kept = {where for where in found | whole if not _inside(where, whole)}
    return tuple(sorted((w for w in kept if not any(_inside(other, {w}) for other in kept)), key=str))


def _inside(where: Where, around: set[Where]) -> bool:
    return any(where[:length] in around for length in range(1, len(where)))


def enabling(component: type[Component], env: Environment) -> Sequence[Where]:
    """Give the fields that say whether an environment has a component at all."""
    with reading(env) as found:
        component.enabled(env)
    return leaves(found)


def bodies(component: type[Component], env: Environment) -> Iterator[tuple[str, Body]]:
    """Give the file name and the body of each object of a component."""
    found = list(objects(component, env).values())
    yield from zip(file_names([Identity.of(body) for body in found]), found, strict=True)
