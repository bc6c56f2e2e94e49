"""The keys that a file of environments/ sets, and what is left of the file without one of them."""

from collections.abc import Iterator
from typing import Any

from charts_src.config import Settings
from charts_src.config.complaints import Where


def keys(settings: Settings) -> Iterator[Where]:
    """Give every key with a value of its own: a scalar, a list as a whole, an empty section."""
    yield from _keys(settings.data, ())


def _keys(value: Any, where: Where) -> Iterator[Where]:
    if isinstance(value, dict) and value:
        for key, item in value.items():
            yield from _keys(item, (*where, key))
    else:
        yield where


def without(settings: Settings, where: Where) -> Settings:
    """Leave out one key, as if its line were deleted."""
    return settings._replace(data=_without(settings.data, where))


def _without(data: dict[str, Any], where: Where) -> dict[str, Any]:
    first, *rest = where
    if not rest:
        return {key: item for key, item in data.items() if key != first}
    return data | {str(first): _without(data[str(first)], tuple(rest))}
