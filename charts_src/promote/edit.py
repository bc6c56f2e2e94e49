"""Change single values in the text of an environment file: all else, comments too, stays as it is."""

import json
from collections.abc import Sequence
from typing import Any

import yaml

from charts_src.config.complaints import Where
from charts_src.config.scalars import AmbiguousError, plain_scalar

_STEP = "  "


def set_value(text: str, where: Where, value: Any) -> str:
    """Give a key another value, or add it with the sections that it needs."""
    found = _found(text, where)
    if len(found) == len(where):
        node = found[-1][1]
        quoted = text[node.start_mark.index] in "\"'"
        return _spliced(text, node.start_mark.index, node.end_mark.index, _scalar(value, quoted=quoted))
    missing = where[len(found) :]
    if not found:
        return text + ("" if text.endswith("\n") else "\n") + _block(missing, value, "")
    return _added(text, found[-1], missing, value)


def remove(text: str, where: Where) -> str:
    """Remove a key, with its line; a section that loses its only key goes too."""
    found = _found(text, where)
    while len(found) > 1 and len(found[-2][1].value) == 1:
        found.pop()
    key, node = found[-1]
    mapping = found[-2][1] if len(found) > 1 else _root(text)
    if mapping.flow_style:
        return _removed_inside(text, key.start_mark.index, node.end_mark.index)
    start = text.rfind("\n", 0, key.start_mark.index) + 1
    # A block ends where the next token begins: what counts is its last value.
    end = text.find("\n", _last(node).end_mark.index)
    return _spliced(text, start, len(text) if end < 0 else end + 1, "")


def _root(text: str) -> yaml.MappingNode:
    root = yaml.compose(text, yaml.SafeLoader)
    assert isinstance(root, yaml.MappingNode)  # noqa: S101 - the file was read before
    return root


def _found(text: str, where: Where) -> list[tuple[yaml.Node, Any]]:
    """Give the key and the value at each step of a path, as far as the file has them."""
    node: yaml.Node = _root(text)
    found: list[tuple[yaml.Node, Any]] = []
    for part in where:
        pairs = node.value if isinstance(node, yaml.MappingNode) else []
        pair = next((pair for pair in pairs if pair[0].value == part), None)
        if pair is None:
            break
        found.append(pair)
        node = pair[1]
    return found


def _added(text: str, around: tuple[yaml.Node, Any], missing: Sequence[str | int], value: Any) -> str:
    """Add keys at the start of a section, below its line, where they part nothing from its comment."""
    key, section = around
    if section.flow_style:
        position = section.start_mark.index + 1
        separator = ", " if section.value else ""
        return _spliced(text, position, position, _flow(missing, value) + separator)
    indent = " " * section.value[0][0].start_mark.column
    position = text.find("\n", key.end_mark.index) + 1
    return _spliced(text, position, position, _block(missing, value, indent))


def _block(keys: Sequence[str | int], value: Any, indent: str) -> str:
    first, *rest = keys
    if not rest:
        return f"{indent}{_scalar(first)}: {_scalar(value)}\n"
    return f"{indent}{_scalar(first)}:\n{_block(rest, value, indent + _STEP)}"


def _flow(keys: Sequence[str | int], value: Any) -> str:
    first, *rest = keys
    return f"{_scalar(first)}: {{{_flow(rest, value)}}}" if rest else f"{_scalar(first)}: {_scalar(value)}"


def _removed_inside(text: str, start: int, end: int) -> str:
    """Remove a key from braces, with the comma after it, or before it where it is the last."""
    after = text[end:].lstrip()
    if after.startswith(","):
        rest = after[1:].lstrip()
        return text[:start] + rest
    before = text[:start].rstrip()
    return (before[:-1] if before.endswith(",") else text[:start]) + text[end:]


def _last(node: Any) -> Any:
    """Give the last scalar, or the closing bracket, of a value."""
    if isinstance(node, yaml.CollectionNode) and not node.flow_style and node.value:
        last = node.value[-1]
        return _last(last[1] if isinstance(last, tuple) else last)
    return node


def _scalar(value: Any, *, quoted: bool = False) -> str:
    """Write a value, in quotes where it would not be read as the text that it is."""
    if not isinstance(value, str):
        return json.dumps(value)
    try:
        plain = isinstance(plain_scalar(value), str)
    except AmbiguousError:
        plain = False
    return value if plain and not quoted else json.dumps(value)


def _spliced(text: str, start: int, end: int, new: str) -> str:
    return text[:start] + new + text[end:]
