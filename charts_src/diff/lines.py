"""One changed field as lines."""

import json
from difflib import unified_diff
from typing import TYPE_CHECKING, Any

import yaml

from charts_src.credentials import CREDENTIAL
from charts_src.diff.fields import MISSING, FieldChange
from charts_src.diff.parse import Hidden, Loader

if TYPE_CHECKING:
    from collections.abc import Iterator

_CONTEXT = 2
"""Unchanged lines around a changed one in a text of many lines."""


class _Dumper(yaml.SafeDumper):
    """Writes added and removed blocks: keys as they stand, no aliases, texts as blocks."""

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002
        return True


def _text_node(dumper: _Dumper, text: str) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text else None)


_Dumper.add_representer(str, _text_node)
_Dumper.add_representer(Hidden, lambda dumper, hidden: dumper.represent_str(str(hidden)))


def visible(line: str) -> str:
    """Escape what a terminal would obey or not show: control, bidirectional and invisible characters."""
    return "".join(c if c.isprintable() or c == "\t" else ascii(c)[1:-1] for c in line)


def masked(value: Any) -> Any:
    """Put *** in place of what looks like a credential: what shows a change must not spread it."""
    if isinstance(value, str):
        return CREDENTIAL.sub("***", value)
    if isinstance(value, dict):
        return {key: masked(item) for key, item in value.items()}
    return [masked(item) for item in value] if isinstance(value, list) else value


def field_lines(field: FieldChange) -> list[str]:
    """Write a field as its path, then its - and + lines, without credentials."""
    return [visible(line) for line in (field.path, *_body(masked(field.old), masked(field.new)))]


def hunk(field: FieldChange) -> list[str]:
    """Write a field as GitHub colours lines: blue for @@ with its path, red for -, green for +."""
    path, *lines = field_lines(field)
    return [f"@@ {path} @@", *lines]


def _body(old: Any, new: Any) -> "Iterator[str]":
    if isinstance(old, str) and isinstance(new, str) and "\n" in old + new:
        return _text_lines(old, new)
    return (f"{sign} {line}" for sign, value in (("-", old), ("+", new)) for line in _value(value))


def _text_lines(old: str, new: str) -> "Iterator[str]":
    difference = [*unified_diff(old.splitlines(), new.splitlines(), n=_CONTEXT, lineterm="")][2:]
    yield from (line if line.startswith("@") else f"{line[0]} {line[1:]}" for line in difference)
    if not difference:  # line ends alone differ
        yield from (f"- {json.dumps(old)}", f"+ {json.dumps(new)}")


def _value(value: Any) -> list[str]:
    """Write a value as YAML: scalars and lists of them on one line, nothing for a missing one."""
    if value is MISSING:
        return []
    if isinstance(value, str) and "\n" not in value:
        return [_scalar(value)]
    if isinstance(value, list) and not any(isinstance(element, (dict, list)) for element in value):
        return [f"[{', '.join(_scalar(element) for element in value)}]"]
    if isinstance(value, (dict, list, str)):
        return yaml.dump(value, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=2**31).splitlines()
    return [_scalar(value)]


def _scalar(value: Any) -> str:
    """Write a scalar bare, or quoted as JSON if it is a string that YAML would read as something else."""
    if not isinstance(value, str):
        return str(value) if isinstance(value, Hidden) else json.dumps(value, default=str)
    try:
        bare = yaml.load(value, Loader) == value  # noqa: S506 - safe loader
    except (yaml.YAMLError, ValueError):
        bare = False
    return value if bare else json.dumps(value, ensure_ascii=False)
