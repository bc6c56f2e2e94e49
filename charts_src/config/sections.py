"""Which section of the model a path leads to: for suggestions, and for what a missing key is about."""

from collections.abc import Iterator
from types import NoneType, UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic.fields import FieldInfo

from charts_src.config.complaints import Where
from charts_src.model import Environment, Model


def fields_at(where: Where) -> dict[str, FieldInfo]:
    """Give the fields that the mapping at a path may have, by name; none where any key is allowed."""
    types = list(_members(Environment))
    for key in where:
        types = [inner for member in types for inner in _inside(member, key)]
    return {
        name: field for member in types if _is_model(member) for name, field in member.model_fields.items()
    }


def _inside(member: Any, key: str | int) -> Iterator[Any]:
    """Give the types of what a key or index leads to."""
    if _is_model(member):
        if key in member.model_fields:
            yield from _members(member.model_fields[str(key)].annotation)
    elif arguments := get_args(member):
        yield from _members(arguments[0] if isinstance(key, int) else arguments[-1])


def _members(annotation: Any) -> Iterator[Any]:
    """Unpack X | None and Annotated[X, ...]."""
    origin = get_origin(annotation)
    if origin is Annotated:
        yield from _members(get_args(annotation)[0])
    elif origin in (Union, UnionType):
        for argument in get_args(annotation):
            yield from _members(argument)
    elif annotation is not NoneType:
        yield annotation


def _is_model(member: Any) -> bool:
    return isinstance(member, type) and issubclass(member, Model)
