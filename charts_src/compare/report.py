"""A comparison of two environments as text, or for a program."""

import json
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

from charts_src.compare.names import follows, names_of
from charts_src.compare.objects import Object, Part, parts
from charts_src.compare.settings import Decision, Difference, absent, settings
from charts_src.config.complaints import Where, dotted, shown
from charts_src.diff.lines import field_lines, visible
from charts_src.diff.report import to_json as changes_to_json
from charts_src.diff.summary import counts, title
from charts_src.helm.fields import MISSING, plain
from charts_src.incremental import Units
from charts_src.model import Environment

_SIGNS = {"changed": "~", "added": "+", "removed": "-"}


class Comparison(NamedTuple):
    """How two environments differ, and why."""

    one: str
    other: str
    keys: tuple[Difference, ...]
    parts: tuple[Part, ...]


def comparison(
    one: Environment, other: Environment, units: Units, tell: Callable[[int, int], None]
) -> Comparison:
    """Compare two environments; `units` renders them, `tell` takes components done, and of how many."""
    keys = settings(one, other)
    found = parts(one, other, [each.where for each in keys], units, tell)
    return Comparison(one.name, other.name, keys, tuple(found))


def to_text(found: Comparison) -> str:
    """Write the components that differ with their objects, fields and reasons, then the keys."""
    lines = [line for part in found.parts for line in (*_part(found, part), "")]
    changes = [each.change for part in found.parts for each in part.objects]
    lines += [*_keys(found), "", f"{counts(changes)} from {found.one} to {found.other}"]
    return "".join(f"{visible(line)}\n" for line in lines)


def _part(found: Comparison, part: Part) -> Iterator[str]:
    known = {each.where: each for each in found.keys}
    if part.only_in:
        yield f"{part.component}: only in {part.only_in}, {len(part.objects)} objects"
        yield from (f"  because of {_line(found, known[where])}" for where in part.because)
        return
    yield f"{part.component}: {counts([each.change for each in part.objects])}"
    for each in part.objects:
        yield from _object(found, each)
    yield from (f"  because of {_line(found, known[where])}" for where in part.because)


def _object(found: Comparison, each: Object) -> Iterator[str]:
    change = each.change
    reasons = ", ".join(map(dotted, each.because))
    yield f"  {_SIGNS[change.status]} {title(change.identity)}{f'  ({reasons})' if reasons else ''}"
    names = names_of(found.keys)
    telling = [field for field in change.fields if not follows(field, names)]
    for path, *lines in map(field_lines, telling):
        yield f"      {path}"
        yield from (f"        {line}" for line in lines)
    if rest := len(change.fields) - len(telling):
        fields = "1 field" if rest == 1 else f"{rest} fields"
        yield f"      {fields} with names and hashes that follow from these keys"


def _keys(found: Comparison) -> Iterator[str]:
    used = {where for part in found.parts for where in part.because}
    for words, keys in (
        ("keys that differ", [e for e in found.keys if not absent(e.one) and not absent(e.other)]),
        (f"keys only in {found.one}", [e for e in found.keys if absent(e.other)]),
        (f"keys only in {found.other}", [e for e in found.keys if absent(e.one)]),
    ):
        yield f"{words}: {len(keys)}"
        for each in keys:
            note = "" if each.where in used else "  (changes no object: only AWS, Argo CD or nothing)"
            yield f"  {_line(found, each)}{note}"


def _line(found: Comparison, each: Difference) -> str:
    sides = ((found.one, each.one), (found.other, each.other))
    return f"{dotted(each.where)}: " + "; ".join(f"{name} {_decision(side)}" for name, side in sides)


def _decision(side: Decision) -> str:
    if side.value is MISSING:
        return "has none"
    value = "has it" if isinstance(side.value, dict) else shown(plain(side.value))
    return f"{value} ({side.place})"


def to_json(found: Comparison) -> str:
    """Write everything for a program."""
    changes = json.loads(
        changes_to_json({part.component: [e.change for e in part.objects] for part in found.parts})
    )
    components = {
        part.component: {
            "only_in": part.only_in or None,
            "because": _paths(part.because),
            "objects": [
                change | {"because": _paths(each.because)}
                for change, each in zip(changes[part.component], part.objects, strict=True)
            ],
        }
        for part in found.parts
    }
    keys = [
        {"key": dotted(each.where), found.one: _side(each.one), found.other: _side(each.other)}
        for each in found.keys
    ]
    return json.dumps({"keys": keys, "components": components}, indent=2, ensure_ascii=False) + "\n"


def _paths(keys: Sequence[Where]) -> list[str]:
    return [dotted(where) for where in keys]


def _side(side: Decision) -> dict[str, Any] | None:
    return None if side.value is MISSING else {"value": plain(side.value), "from": side.place}
