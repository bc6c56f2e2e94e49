"""Other values that a field may have, to see what they change."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import takewhile
from types import UnionType
from typing import Any, Literal, Union, get_args, get_origin

from pydantic import TypeAdapter, ValidationError

from charts_src.helm.fields import Shape, plain

_TEXTS = (
    "qzx7",
    "qzx-7.example.com",
    "qzx7/wvk8",
    "37Gi",
    "613m",
    "10.83.0.0/16",
    "600700800900",
    "arn:aws:iam::600700800900:role/qzx7",
    "arn:aws:kms:us-east-2:600700800900:key/93345678-1234-1234-1234-123456789093",
    "ws-93345678-1234-1234-1234-123456789093",
    "cr-0qzx7",
    "sg-0123456789abcde93",
    "93345678-1234-1234-1234-123456789093",
    "s3://qzx7/wvk8",
    "v9.3.7-eksbuild.93",
    "#qzx7",
    "17 4 * * 3",
    "9.3.7",
)
"""Texts of the forms that the model has, for fields that no environment sets."""

TRIED = 4
"""Open values of a field that are tried, of those that there are here."""

_NUMBERS = (613, 89, 37, 23, 17, 13, 11, 7, 5, 4, 3, 2, 1, 0)


def choices(shape: Shape) -> tuple[Any, ...]:
    """Give all values of a field that has few: a switch, or a choice from a list."""
    if shape.bare is bool:
        return (False, True)
    return get_args(shape.bare) if get_origin(shape.bare) is Literal else ()


def fits(shape: Shape, value: Any) -> bool:
    """Say whether the model takes a value."""
    if value is None:
        return shape.optional
    try:
        _adapter(shape).validate_python(value)
    except ValidationError:
        return False
    return True


def others(shape: Shape, value: Any, known: Iterable[Any], count: int = TRIED, skip: int = 0) -> list[Any]:
    """Give up to `count` values that the field may have instead; `known` are those of other environments.

    Values of open forms, such as names and numbers, are unlikely to be elsewhere in an object; `skip` leaves
    out the first of them, for values that nobody has tried before.
    """
    if some := choices(shape):
        found = [each for each in some if each != value]
        return found + ([None] if shape.optional and value is not None else [])
    kinds: list[Iterable[Any]] = [_scalars(shape, value)] if not shape.section else []
    fresh = list(_distinct(shape, value, (each for kind in kinds for each in kind)))
    rest = _distinct(shape, value, [*([None] if shape.optional else []), *known])
    open_ones = fresh[skip : skip + count]
    return [*open_ones, *(each for each in rest if each not in open_ones)]


def _distinct(shape: Shape, value: Any, found: Iterable[Any]) -> Iterator[Any]:
    seen = [value]
    for each in found:
        if not any(_same(each, other) for other in seen) and fits(shape, each):
            seen.append(each)
            yield each


def _same(one: Any, other: Any) -> bool:
    return type(one) is type(other) and bool(one == other)


def _scalars(shape: Shape, value: Any) -> Iterator[Any]:
    types = _types(shape.bare)
    if isinstance(value, bool) or bool in types:
        return
    if isinstance(value, int) or (value is None and int in types):
        yield from _numbers(value)
    elif isinstance(value, float) or (value is None and float in types):
        yield from (each / 100 for each in (37, 13, 83, 61))
    elif isinstance(value, str):
        yield from _texts(value)
        yield from _TEXTS
    elif value is None and str in types:
        yield from _TEXTS


def _types(bare: Any) -> tuple[Any, ...]:
    return get_args(bare) if get_origin(bare) in (Union, UnionType) else (bare,)


def _numbers(value: int | None) -> Iterator[int]:
    """Give numbers far away, to see where they are written, and the next ones, to see what they decide."""
    if value is None:
        yield from _NUMBERS
        return
    far = [value + each if each < value < 3 * each else each for each in _NUMBERS]
    yield from (*far[:1], value - 1, value + 1, *far[1:])
    yield from (value + step for step in (2, 3, -2, -3))


def _texts(value: str) -> Iterator[str]:
    """Change a text, and keep what its form may want: its start, its kind of characters, its length."""
    for mark in ("qzx7", "wvk8", "jqy9", "zvq6"):
        yield from (f"{value}-{mark}", f"{value}{mark}", f"{mark}-{value}", f"{value}/{mark}")
        for part in reversed(list(re.finditer(r"[A-Za-z0-9]+", value))):
            if part[0].isdigit():
                continue
            yield f"{value[: part.start()]}{mark}{value[part.end() :]}"
    for step in (3, 7, 1, 9):
        for part in reversed(list(re.finditer(r"[0-9]+", value))):
            turned = "".join(str((int(digit) + step) % 10 or 9) for digit in part[0])
            yield f"{value[: part.start()]}{turned}{value[part.end() :]}"


_ADAPTERS: dict[str, TypeAdapter[Any]] = {}


def _adapter(shape: Shape) -> TypeAdapter[Any]:
    key = repr(shape.annotation)
    if key not in _ADAPTERS:
        _ADAPTERS[key] = TypeAdapter(shape.annotation)
    return _ADAPTERS[key]


def marks(shape: Shape, key: str) -> list[str]:
    """Give other names for an entry of a map."""
    return [each for each in others(shape.keys, key, ()) if isinstance(each, str)] if shape.keys else []


def entries(shape: Shape, value: Any, known: Iterable[Any]) -> list[Any]:
    """Give collections without one entry, with one more, and those of other environments."""
    if (entry := shape.entry) is None:
        return []
    others_ = [each for each in known if each is not None]
    found = [*_of_map(shape, entry, value, others_)] if isinstance(value, Mapping) else []
    found += [*_of_list(entry, value, others_)] if isinstance(value, tuple) else []
    found += [*others_, *([None] if shape.optional and value is not None else [])]
    distinct: list[Any] = []
    for each in found:
        if plain(each) != plain(value) and not any(plain(each) == plain(other) for other in distinct):
            distinct.append(each)
    return distinct


def _of_map(shape: Shape, entry: Shape, value: Mapping[Any, Any], known: Iterable[Any]) -> Iterator[Any]:
    for gone in value:
        yield {key: item for key, item in value.items() if key != gone}
    models = [*value.values(), *(item for each in known for item in each.values())]
    if not models and not entry.section:
        models = others(entry, None, ())
    for key in others(shape.keys, None, ())[:1] if shape.keys and models else []:
        yield {**value, key: models[0]}
        if len(value) == 1:
            yield {key: models[0]}


def _of_list(entry: Shape, value: tuple[Any, ...], known: Iterable[Any]) -> Iterator[Any]:
    for index in range(len(value)):
        yield (*value[:index], *value[index + 1 :])
    items = items_of([value, *known])
    made_up = [each for each in others(entry, items[0] if items else None, ()) if each is not None]
    for more in (made_up, like(items, value)):
        yield from ((*value, *more[:count]) for count in (1, 2) if more)
        yield from ((*value[:index], *more[:1], *value[index + 1 :]) for index in range(len(value)) if more)


def like(items: Iterable[Any], value: Sequence[Any]) -> list[Any]:
    """Give entries that a list doesn't have, those first that start as its own do."""
    first = str(value[0]) if value else ""
    return sorted((each for each in items if each not in value), key=lambda each: -_common(str(each), first))


def _common(one: str, other: str) -> int:
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False)))


def items_of(known: Iterable[Any]) -> list[Any]:
    """Give the entries of lists."""
    return list(dict.fromkeys(item for each in known if isinstance(each, tuple) for item in each))
