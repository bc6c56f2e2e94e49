"""What a template says: the parts that explain.py finds and write.py writes in Helm's language."""

import json
import re
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

from charts_src.emit import emit
from charts_src.helm.fields import MISSING, Data, Where, lookup, plain

KEY = "#key"
"""Last part of a path to the key of an entry instead of its value."""


class Ref(NamedTuple):
    """A field: of the environment, or of the entry that the loop over `loop` is at."""

    loop: str
    where: Where


class Scope(NamedTuple):
    """What the fields of a template stand for."""

    data: Data
    entries: Mapping[str, Where] = MappingProxyType({})
    """Loop -> path to the entry that it is at."""

    def place(self, ref: Ref) -> Where:
        """Give the path of a field in the environment."""
        return (*self.entries[ref.loop], *ref.where) if ref.loop else ref.where

    def value(self, ref: Ref) -> Any:
        """Give the value of a field as YAML has it, None where there is none."""
        where = self.place(ref)
        found = where[-2] if where[-1] == KEY else lookup(self.data, where)
        return None if found is MISSING else plain(found)


class Digest(NamedTuple):
    """The start of the SHA-256 of texts of the same component."""

    source: str
    """The object that holds the texts."""
    keys: tuple[str, ...]
    """Which of its data, in order."""
    length: int


class Literal(NamedTuple):
    """A value that no field changes; MISSING where there is nothing."""

    value: Any


class Value(NamedTuple):
    """The value of a field as it is, of any type."""

    ref: Ref


class Sum(NamedTuple):
    """A whole number: fields times factors, and a constant."""

    terms: tuple[tuple[Ref, int], ...]
    constant: int


class Share(NamedTuple):
    """A part of a whole number, rounded down."""

    ref: Ref
    factor: int
    divisor: int


class Spelled(NamedTuple):
    """The text of a field."""

    ref: Ref
    how: str
    """One of SPELLINGS."""


class Joined(NamedTuple):
    """The texts of a list, with a text between each two."""

    ref: Ref
    between: str
    ordered: bool
    """Whether they are sorted first."""


Part = str | Sum | Share | Spelled | Joined


class Text(NamedTuple):
    """A text with the values of fields in it, or a whole number."""

    parts: tuple[Part, ...]
    number: bool = False


class Given(NamedTuple):
    """Whether a field is set: not null, false, 0 or empty; a section may be empty."""

    ref: Ref
    section: bool = False


class Equal(NamedTuple):
    """Whether a field has a value."""

    ref: Ref
    value: Any


class AtLeast(NamedTuple):
    """Whether a whole number is large enough."""

    ref: Ref
    least: int


class Starts(NamedTuple):
    """Whether a text starts like this."""

    ref: Ref
    start: str


Test = Given | Equal | AtLeast | Starts


class Decide(NamedTuple):
    """The first case whose test holds."""

    cases: tuple[tuple[Test, "Node"], ...]
    other: "Node | None"
    """What else; None where nothing else was ever seen."""


class When(NamedTuple):
    """Something that is only there if a decision between True and MISSING says so."""

    presence: "Node"
    then: "Node"


class Entry(NamedTuple):
    """One entry of a map (with a key), of a list, or one line of a text."""

    key: "Node | None"
    node: "Node"


class Loop(NamedTuple):
    """Entries for each entry of a collection, in the order of its keys, or of a list."""

    name: str
    collection: Ref
    keyed: bool
    body: tuple["Entry | Loop", ...]


class Fields(NamedTuple):
    """A map."""

    entries: tuple["Entry | Loop", ...]


class Items(NamedTuple):
    """A list."""

    entries: tuple["Entry | Loop", ...]


class Lines(NamedTuple):
    """A text of several lines."""

    entries: tuple["Entry | Loop", ...]


class Yaml(NamedTuple):
    """A text that is a map as YAML has it."""

    content: "Node"


Node = Literal | Value | Text | Decide | When | Fields | Items | Lines | Yaml


class Unknown(Exception):  # noqa: N818
    """A value, or a combination of values, that no experiment had."""

    def __init__(self, place: Where = ()) -> None:
        """Say which field has it."""
        self.place = place


def _variable(text: str) -> str:
    return re.sub("[^A-Z0-9]", "_", text.upper())


SPELLINGS: dict[str, Callable[[str], str]] = {
    "": str,
    "quoted": lambda text: json.dumps(text, ensure_ascii=False)[1:-1],
    "underscored": lambda text: text.replace("-", "_"),
    "dashed": lambda text: text.replace(".", "-"),
    "lower": str.lower,
    "upper": _variable,
}
"""Ways in which a construct writes a text into another."""


def spelled(value: Any, how: str) -> str:
    """Write a value into a text."""
    text = value if isinstance(value, str) else json.dumps(value)
    return SPELLINGS[how](text)


def joined(items: list[str], between: str, *, ordered: bool) -> str:
    """Write the texts of a list into a text."""
    return between.join(sorted(items) if ordered else items)


def holds(test: Test, scope: Scope) -> bool:
    """Say whether a test holds."""
    value = scope.value(test.ref)
    match test:
        case Given(_, section):
            return value is not None if section else bool(value)
        case AtLeast(_, least):
            return type(value) is int and value >= least
        case Starts(_, start):
            return isinstance(value, str) and value.startswith(start)
        case Equal(_, wanted):
            return same(value, wanted)


def same(one: Any, other: Any) -> bool:
    """Say whether two plain values are equal and of equal types."""
    return one == other and (one is other or json.dumps(one) == json.dumps(other) or _as_set(one, other))


def _as_set(one: Any, other: Any) -> bool:
    return json.dumps(one, sort_keys=True, default=str) == json.dumps(other, sort_keys=True, default=str)


def evaluate(node: Node, scope: Scope) -> Any:
    """Give what a template makes of an environment. Raises Unknown where it can't say."""
    match node:
        case Literal(value):
            return value
        case Value(ref):
            return scope.value(ref)
        case Text(parts, number):
            text = "".join(_part(part, scope) for part in parts)
            return int(text) if number else text
        case Decide():
            return evaluate(_chosen(node, scope), scope)
        case When(presence, then):
            return MISSING if evaluate(presence, scope) is MISSING else evaluate(then, scope)
        case Fields(entries):
            return dict(_evaluated(entries, scope))
        case Items(entries):
            return [item for _, item in _evaluated(entries, scope)]
        case Lines(entries):
            return "\n".join(item for _, item in _evaluated(entries, scope))
        case Yaml(content):
            return emit(evaluate(content, scope))


def _chosen(node: Decide, scope: Scope) -> Node:
    for test, then in node.cases:
        if holds(test, scope):
            return then
    if node.other is None:
        raise Unknown(scope.place(node.cases[0][0].ref))
    return node.other


def _part(part: Part, scope: Scope) -> str:
    match part:
        case Sum(terms, constant):
            values = [scope.value(ref) for ref, _ in terms]
            if any(type(value) is not int for value in values):
                raise Unknown
            return str(constant + sum(v * f for v, (_, f) in zip(values, terms, strict=True)))
        case Share(ref, factor, divisor):
            if type(value := scope.value(ref)) is not int:
                raise Unknown
            return str(value * factor // divisor)
        case Spelled(ref, how):
            if (value := scope.value(ref)) is None:
                raise Unknown
            return spelled(value, how)
        case Joined(ref, between, ordered):
            items = scope.value(ref) or []
            return joined(items, between, ordered=ordered)
        case str():
            return part


def _evaluated(entries: tuple[Entry | Loop, ...], scope: Scope) -> list[tuple[str, Any]]:
    found: list[tuple[str, Any]] = []
    for entry in entries:
        if isinstance(entry, Loop):
            for where in places(entry, scope):
                inner = Scope(scope.data, {**scope.entries, entry.name: where})
                found += _evaluated(entry.body, inner)
        elif (item := evaluate(entry.node, scope)) is not MISSING:
            found.append((evaluate(entry.key, scope) if entry.key else "", item))
    return found


def places(loop: Loop, scope: Scope) -> list[Where]:
    """Give the paths of the entries that a loop goes over, in its order."""
    where = scope.place(loop.collection)
    found = lookup(scope.data, where)
    if found is MISSING or found is None:
        return []
    return [(*where, key) for key in (sorted(found) if loop.keyed else range(len(found)))]
