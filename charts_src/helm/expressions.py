"""Fields, numbers and tests in the language of Helm's templates (Go's text/template with sprig).

Numbers of values are floating-point there, so that whole ones are made whole before they are written.
"""

import json
import re
from typing import Any

from charts_src.helm.fields import MISSING
from charts_src.helm.template import (
    KEY,
    AtLeast,
    Decide,
    Equal,
    Given,
    Joined,
    Literal,
    Node,
    Part,
    Ref,
    Share,
    Spelled,
    Starts,
    Sum,
    Test,
    When,
)

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")

_SPELLED = {
    "": "{}",
    "quoted": '({} | toRawJson | trimPrefix "\\"" | trimSuffix "\\"")',
    "underscored": '({} | replace "-" "_")',
    "dashed": '({} | replace "." "-")',
    "lower": "({} | lower)",
    "upper": '(regexReplaceAll "[^A-Z0-9]" ({} | upper) "_")',
}
"""How a template writes what SPELLINGS of template.py does."""


def quoted(text: str) -> str:
    """Write a text as Go has it in an action."""
    return json.dumps(text, ensure_ascii=False)


def field(ref: Ref) -> str:
    """Write a field; one inside a section that isn't there is nothing, and no error."""
    if ref.where[-1:] == (KEY,):
        return f"${ref.loop}_key"
    found = f"${ref.loop}" if ref.loop else "$values"
    for part in ref.where:
        plain = isinstance(part, str) and _NAME.fullmatch(part)
        found = f"({found}).{part}" if plain else f"(index {found} {quoted(str(part))})"
    return found.replace("($values)", "$values")


def part(item: Part) -> tuple[str, str]:
    """Give the verb for printf, and its argument, of a part that is no literal text."""
    match item:
        case Sum(terms, constant):
            return "%d", _sum(terms, constant)
        case Share(ref, factor, divisor):
            return "%d", f"(div (mul (int64 {field(ref)}) {factor}) {divisor})"
        case Spelled(ref, how):
            return "%v", _SPELLED[how].format(field(ref))
        case Joined(ref, between, ordered):
            items = f"({field(ref)} | default list)"
            return "%s", f"({items} | {'sortAlpha | ' if ordered else ''}join {quoted(between)})"
        case str():
            return item.replace("%", "%%"), ""


def expression(item: Part) -> str:
    """Write one part alone."""
    return part(item)[1]


def _sum(terms: tuple[tuple[Ref, int], ...], constant: int) -> str:
    products = [
        f"(int64 {field(ref)})" if factor == 1 else f"(mul (int64 {field(ref)}) {factor})"
        for ref, factor in terms
    ]
    if len(products) == 1 and not constant:
        return products[0]
    return f"(add {' '.join(products)}{f' {constant}' if constant else ''})"


def printed(parts: tuple[Part, ...]) -> str:
    """Write a text with fields in it, as an expression."""
    found = [part(item) for item in parts]
    arguments = [argument for _, argument in found if argument]
    return f"printf {quoted(''.join(verb for verb, _ in found))} {' '.join(arguments)}"


def test(item: Test) -> str:
    """Write a test as an expression that may stand in parentheses or alone."""
    match item:
        case Given(ref, section):
            return f'(kindIs "map" {field(ref)})' if section else field(ref)
        case AtLeast(ref, least):
            return f"(ge (int64 {field(ref)}) {least})"
        case Starts(ref, start):
            return f"(hasPrefix {quoted(start)} (toString {field(ref)}))"
        case Equal(ref, value):
            return _equal(field(ref), value)


def _equal(one: str, value: Any) -> str:
    if isinstance(value, str):
        return f"(eq (toString {one}) {quoted(value)})"
    if value is True:
        return one
    if value is False:
        return f"(not {one})"
    return f"(eq (toRawJson {one}) {quoted(json.dumps(value, sort_keys=True, separators=(',', ':')))})"


def presence(node: Node) -> str:
    """Write a decision between True and MISSING as one expression."""
    match node:
        case Literal(value):
            return "false" if value is MISSING else "true"
        case When(one, other):
            return _both(presence(one), presence(other))
        case Decide(cases, other):
            found, before = "false", "true"
            for each, then in cases:
                found = _either(found, _both(before, _both(test(each), presence(then))))
                before = _both(before, _negated(test(each)))
            return found if other is None else _either(found, _both(before, presence(other)))
    raise TypeError(node)


def _negated(one: str) -> str:
    return f"(not {one})"


def _both(one: str, other: str) -> str:
    if "false" in (one, other):
        return "false"
    if "true" in (one, other):
        return other if one == "true" else one
    return f"(and {one} {other})"


def _either(one: str, other: str) -> str:
    if "true" in (one, other):
        return "true"
    if "false" in (one, other):
        return other if one == "false" else one
    rest = other.removeprefix(f"(and {_negated(one)} ").removesuffix(")")
    return f"(or {one} {rest if len(rest) < len(other) - 1 else other})"
