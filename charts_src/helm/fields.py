"""The fields of an environment, and which of them a construct reads."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from enum import Enum
from functools import cache
from types import NoneType, UnionType
from typing import Annotated, Any, NamedTuple, Union, get_args, get_origin

from charts_src.model import Environment, Model

Where = tuple[str | int, ...]
"""Keys and indexes from the environment, or from an entry of a collection, to a value."""

Data = dict[str, Any]
"""An environment as plain values, with the tuples of the model."""


class _Nothing(Enum):
    MISSING = 0


MISSING: Any = _Nothing.MISSING
"""What stands for a value, or an object, that isn't there."""


class Shape(NamedTuple):
    """What the model says of a field."""

    annotation: Any
    """Its type with all constraints, and without None."""
    optional: bool
    """Whether it may be None."""
    description: str = ""

    @property
    def bare(self) -> Any:
        """The type without its constraints."""
        return get_args(self.annotation)[0] if get_origin(self.annotation) is Annotated else self.annotation

    @property
    def section(self) -> type[Model] | None:
        """The class of a section, None for other fields."""
        return self.bare if isinstance(self.bare, type) and issubclass(self.bare, Model) else None

    @property
    def entry(self) -> "Shape | None":
        """The shape of an entry, for a collection: a map with free keys, or a list."""
        origin, arguments = get_origin(self.bare), get_args(self.bare)
        if origin is tuple:
            return _shape(arguments[0])
        if isinstance(origin, type) and issubclass(origin, Mapping):
            return _shape(arguments[1])
        return None

    @property
    def keys(self) -> "Shape | None":
        """The shape of the keys of a map."""
        origin = get_origin(self.bare)
        is_map = isinstance(origin, type) and issubclass(origin, Mapping)
        return _shape(get_args(self.bare)[0]) if is_map else None


@cache
def shape_of(path: Where) -> Shape:
    """Say what the model says of the field at `path`."""
    found = Shape(Environment, optional=False)
    for part in path:
        entry = found.entry
        if section := found.section:
            field = section.model_fields[str(part)]
            annotation = Annotated[field.annotation, *field.metadata] if field.metadata else field.annotation
            found = _shape(annotation)._replace(description=field.description or "")
        elif entry:
            found = entry
        else:
            raise KeyError(path)
    return found


def _shape(annotation: Any) -> Shape:
    """Take None out of a union, also out of one that has constraints."""
    if get_origin(annotation) is Annotated:
        inner, *notes = get_args(annotation)
        shape = _shape(inner)
        return shape._replace(annotation=Annotated[shape.annotation, *notes])
    if get_origin(annotation) in (Union, UnionType):
        members = [each for each in get_args(annotation) if each is not NoneType]
        optional = len(members) < len(get_args(annotation))
        union: Any = members[0] if len(members) == 1 else Union[tuple(members)]  # noqa: UP007
        return _shape(union)._replace(optional=optional) if len(members) == 1 else Shape(union, optional)
    return Shape(annotation, optional=False)


def lookup(data: Any, path: Where) -> Any:
    """Give the value at `path`, MISSING where a section on the way is None or an entry isn't there."""
    for part in path:
        if isinstance(data, Mapping):
            data = data.get(part, MISSING)
        elif isinstance(data, tuple) and isinstance(part, int) and part < len(data):
            data = data[part]
        else:
            return MISSING
    return data


def replaced(data: Any, path: Where, value: Any) -> Any:
    """Give a copy of `data` with another value at `path`."""
    if not path:
        return value
    first, rest = path[0], path[1:]
    if isinstance(data, tuple):
        index = int(first)
        return (*data[:index], replaced(_item(data, index), rest, value), *data[index + 1 :])
    return data | {first: replaced(data.get(first), rest, value)}


def _item(data: tuple[Any, ...], index: int) -> Any:
    return data[index] if index < len(data) else None


def plain(value: Any) -> Any:
    """Give a value of the model as YAML has it."""
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, tuple | list):
        return [plain(item) for item in value]
    return value


@contextmanager
def reading(env: Environment) -> Iterator[set[Where]]:
    """Collect the paths of all fields of `env` that are read, down to the last section on the way."""
    places = dict(_places(env, ()))
    found: set[Where] = set()
    original: Any = Model.__getattribute__

    def noticed(self: Model, name: str) -> Any:
        where = places.get(id(self))
        if where is not None and name in type(self).model_fields:
            found.add((*where, name))
        return original(self, name)

    Model.__getattribute__ = noticed  # type: ignore[method-assign,assignment]
    try:
        yield found
    finally:
        Model.__getattribute__ = original  # type: ignore[method-assign]


def _places(value: Any, where: Where) -> Iterator[tuple[int, Where]]:
    if isinstance(value, Model):
        yield id(value), where
        for name in type(value).model_fields:
            yield from _places(getattr(value, name), (*where, name))
    elif isinstance(value, Mapping):
        for key, item in value.items():
            yield from _places(item, (*where, key))
    elif isinstance(value, tuple):
        for index, item in enumerate(value):
            yield from _places(item, (*where, index))


def leaves(paths: set[Where]) -> list[Where]:
    """Give the paths that lead to no other path."""
    inner = {path[:length] for path in paths for length in range(len(path))}
    return sorted(paths - inner, key=str)
