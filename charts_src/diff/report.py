"""Changes as a person, a pull request or a program reads them."""

import json
from typing import TYPE_CHECKING, Any, Final

from charts_src.diff.fields import MISSING
from charts_src.diff.lines import field_lines, masked, visible
from charts_src.diff.markdown import code, details, objects, table
from charts_src.diff.summary import SIGNS, by_component, counts, title

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from charts_src.diff.compare import Change

COMMENT_LIMIT: Final = 65536
"""Characters of one GitHub comment ("Body is too long (maximum is 65536 characters)")."""

_COLORS: Final = {"~": "33", "+": "32", "-": "31", "@": "36"}
"""First character of a line -> ANSI colour (SGR): yellow, green, red, cyan."""


def to_text(changes: "Sequence[Change]", env: str, *, color: bool = False) -> str:
    """Write the changes for a terminal: by component, each object with its fields, the counts last."""
    lines = [
        line for component, group in by_component(changes) for line in _component(component, group, color)
    ]
    return "\n".join([*lines, f"{counts(changes)} in {env}", ""])


def to_markdown(changes: "Sequence[Change]", env: str, limit: int = COMMENT_LIMIT) -> str:
    """Write the changes as a comment on a pull request, never longer than `limit` characters.

    It has every field if that fits, else every object, else the counts, and always ends with how to see
    the whole.
    """
    headline = f"### {code(env)}: {counts(changes)}\n"
    pointer = f"See the whole with {code(f'make diff ENV={env}')}.\n"
    cut = f"Shortened to {limit} characters. {pointer}"
    forms = (
        [headline, *table(changes), *details(changes), pointer],
        [headline, *table(changes), *objects(changes), cut],
        [headline, cut],
    )
    texts = ("\n".join(form) for form in forms)
    return next((text for text in texts if len(text) <= limit), pointer[:limit])


def to_json(environments: "Mapping[str, Sequence[Change]]") -> str:
    """Write the changes of each environment as a list of objects with component, status, object and fields.

    A field has path, old and new; old is absent from an added field, new from a removed one.
    """
    plain = {name: [_plain(change) for change in changes] for name, changes in environments.items()}
    return json.dumps(plain, indent=2, default=str, ensure_ascii=False) + "\n"


def _component(component: str, changes: "Sequence[Change]", color: bool) -> "Iterator[str]":
    yield visible(component)
    for change in changes:
        yield f"  {_painted(f'{SIGNS[change.status]} {visible(title(change.identity))}', color)}"
        for path, *lines in (field_lines(field) for field in change.fields):
            yield f"      {path}"
            yield from (f"        {_painted(line, color)}" for line in lines)
    yield ""


def _painted(line: str, color: bool) -> str:
    return f"\x1b[{_COLORS[line[0]]}m{line}\x1b[0m" if color and line[0] in _COLORS else line


def _plain(change: "Change") -> dict[str, Any]:
    sides = [(field.path, {"old": masked(field.old), "new": masked(field.new)}) for field in change.fields]
    return {
        "component": change.component,
        "status": change.status,
        "object": change.identity._asdict(),
        "fields": [
            {"path": path, **{side: value for side, value in values.items() if value is not MISSING}}
            for path, values in sides
        ],
    }
