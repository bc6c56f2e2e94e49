"""The values of a chart: fields of the model, at the places that they have in an environment file."""

from collections.abc import Iterator, Mapping, Sequence, Set
from typing import Any

from pydantic import TypeAdapter

from charts_src.emit import emit
from charts_src.helm import probe
from charts_src.helm.fields import Data, Shape, Where, plain, shape_of
from charts_src.helm.learn import Pattern
from charts_src.helm.template import (
    KEY,
    Decide,
    Entry,
    Equal,
    Fields,
    Items,
    Joined,
    Lines,
    Literal,
    Loop,
    Node,
    Ref,
    Spelled,
    Sum,
    Text,
    Value,
    When,
    Yaml,
)

Schema = dict[str, Any]

_WIDTH = 100


class Used:
    """The fields that a template uses, and the values that it knows of those that decide something."""

    def __init__(self, node: Node) -> None:
        """Look through a template."""
        self.fields: set[Pattern] = set()
        self.known: dict[Pattern, list[Any]] = {}
        """Field -> values; of other fields, any value that the model takes will do."""
        self._look(node, {})

    def _look(self, node: Node, loops: Mapping[str, Pattern]) -> None:
        match node:
            case Value(ref):
                self._note(ref, loops)
            case Text(parts):
                for part in parts:
                    for ref in _refs(part):
                        self._note(ref, loops)
            case When(presence, then):
                self._look(presence, loops)
                self._look(then, loops)
            case Decide(cases, other):
                self._decide(cases, other, loops)
            case Fields(entries) | Items(entries) | Lines(entries):
                self._entries(entries, loops)
            case Yaml(content):
                self._look(content, loops)

    def _decide(self, cases: Any, other: Node | None, loops: Mapping[str, Pattern]) -> None:
        for test, then in cases:
            found = self._note(test.ref, loops)
            if isinstance(test, Equal) and other is None:
                values = self.known.setdefault(found, [])
                values += [test.value] if test.value not in values else []
            self._look(then, loops)
        if other is not None:
            self._look(other, loops)

    def _entries(self, entries: Sequence[Entry | Loop], loops: Mapping[str, Pattern]) -> None:
        for each in entries:
            if isinstance(each, Loop):
                collection = self._note(each.collection, loops)
                self._entries(each.body, {**loops, each.name: collection})
            else:
                self._look(each.key or Literal(""), loops)
                self._look(each.node, loops)

    def _note(self, ref: Ref, loops: Mapping[str, Pattern]) -> Pattern:
        where = tuple(map(str, ref.where))
        found: Pattern = (*loops[ref.loop], "*", *where) if ref.loop else where
        self.fields.add(found)
        return found


def _refs(part: Any) -> Iterator[Ref]:
    match part:
        case Sum(terms, _):
            yield from (ref for ref, _ in terms)
        case str():
            pass
        case Spelled() | Joined() | _:
            yield part.ref


def values(data: Data, fields: Set[Pattern]) -> dict[str, Any]:
    """Give the values of an environment: the fields that a template uses, and nothing else."""
    return dict(_pruned(data, (), fields)) if fields else {}


def _pruned(value: Any, at: Pattern, used: Set[Pattern]) -> Any:
    """Keep the fields that are used; what has none of them is a value as a whole, or nothing."""
    inner = {each[len(at)] for each in used if len(each) > len(at) and each[: len(at)] == at} - {KEY}
    if not isinstance(value, Mapping | tuple):
        return value
    if not inner:
        return {} if at and shape_of(model_path(at)).section else plain(value)
    if isinstance(value, tuple):
        return [_pruned(item, (*at, "*"), used) for item in value]
    if inner == {"*"}:
        bare = not any(each[: len(at) + 1] == (*at, "*") and each[-1] != KEY for each in used)
        return {key: {} if bare else _pruned(item, (*at, "*"), used) for key, item in value.items()}
    return {key: _pruned(item, (*at, str(key)), used) for key, item in value.items() if str(key) in inner}


def over(default: Any, wanted: Any) -> Any:
    """Write what turns the defaults of a chart into the wanted values: a null removes a key."""
    if isinstance(default, dict) and isinstance(wanted, dict):
        gone = {key: None for key in default if key not in wanted}
        return {key: over(default.get(key), item) for key, item in wanted.items()} | gone
    return wanted


def schema(used: Used, names: Mapping[Pattern, Sequence[str]]) -> Schema:
    """Give the JSON Schema of the values; `names` has the entries of collections that no others may be in."""
    used.known |= {(*at, "*", KEY): list(each) for at, each in names.items()}
    found = _section((), used)
    found["properties"]["global"] = {
        "type": "object",
        "description": "Sections of an environment, which replace those of this chart.",
    }
    found["properties"]["enabled"] = {
        "type": "boolean",
        "description": "Whether an umbrella chart has this one.",
    }
    return {"$schema": "http://json-schema.org/draft-07/schema#"} | found


def _section(at: Pattern, used: Used) -> Schema:
    inner = _children(at, used.fields)
    properties = {key: _field((*at, key), used) for key in sorted(inner - {KEY})}
    return {"type": "object", "additionalProperties": False, "properties": properties}


def _children(at: Pattern, used: Set[Pattern]) -> set[str]:
    return {each[len(at)] for each in used if len(each) > len(at) and each[: len(at)] == at}


def _field(at: Pattern, used: Used) -> Schema:
    shape = shape_of(model_path(at))
    inner = _children(at, used.fields) - {KEY}
    if at in used.known:
        found: Schema = {"enum": used.known[at]}
        return _described(found, shape) if None in used.known[at] else _nullable(found, shape)
    if inner == {"*"}:
        return _nullable(_collection(at, shape, used), shape)
    if inner:
        return _nullable(_section(at, used), shape)
    return _nullable({"type": "object"} if shape.section else _any(shape), shape)


def _collection(at: Pattern, shape: Shape, used: Used) -> Schema:
    entry = (*at, "*")
    deeper = _children(entry, used.fields) - {KEY}
    item = _section(entry, used) if deeper else _entry(entry, used)
    if shape.keys is None:
        return {"type": "array", "items": item}
    found: Schema = {"type": "object", "additionalProperties": item}
    if known := used.known.get((*entry, KEY)):
        return {"type": "object", "additionalProperties": False, "properties": dict.fromkeys(known, item)}
    keys = TypeAdapter(shape.keys.annotation).json_schema()
    return found | ({"propertyNames": {"pattern": keys["pattern"]}} if "pattern" in keys else {})


def _entry(at: Pattern, used: Used) -> Schema:
    if at in used.known:
        return {"enum": used.known[at]}
    shape = shape_of(model_path(at))
    if shape.section:
        return {"type": "object"}
    return _any(shape)


def _any(shape: Shape) -> Schema:
    """Have the model say what a value may be."""
    return TypeAdapter(shape.annotation).json_schema()


def model_path(at: Pattern) -> Where:
    """Give a path that the model knows: any key will do for an entry."""
    return tuple("*" if part == "*" else part for part in at)


def _nullable(found: Schema, shape: Shape) -> Schema:
    if not shape.optional:
        return _described(found, shape)
    if "enum" in found:
        return _described({"enum": [*found["enum"], None]}, shape)
    return _described({"anyOf": [found, {"type": "null"}]}, shape)


def _described(found: Schema, shape: Shape) -> Schema:
    return ({"description": " ".join(shape.description.split())} if shape.description else {}) | found


def values_file(found: Mapping[str, Any], notes: str) -> str:
    """Write values with what the model says of each."""
    lines = [f"# {line}" for line in notes.splitlines()]
    return "\n".join([*lines, *_lines(found, (), 0)]) + "\n"


def _lines(found: Mapping[str, Any], at: Pattern, indent: int) -> Iterator[str]:
    space = " " * indent
    shape = shape_of(model_path(at)) if at else None
    for key, value in found.items():
        where = (*at, "*") if shape and shape.entry else (*at, key)
        text = shape_of(model_path(where)).description if where[-1] != "*" else ""
        yield from (f"{space}# {line}" for line in wrapped(text, _WIDTH - indent))
        if isinstance(value, dict) and value and where in _known(where):
            yield f"{space}{emit({key: 0})[:-4]}:"
            yield from _lines(value, where, indent + 2)
        else:
            yield from (f"{space}{line}" for line in emit({key: value}).splitlines())


def _known(where: Pattern) -> tuple[Pattern, ...]:
    """Say whether the model has fields of its own below a path; a map of texts is a value."""
    shape = shape_of(model_path(where))
    inner = shape.section or (shape.entry and (shape.entry.section or shape.entry.entry))
    return (where,) if inner else ()


def wrapped(text: str, width: int) -> list[str]:
    """Break a text into lines."""
    lines: list[str] = []
    for word in text.split():
        if lines and len(lines[-1]) + len(word) < width:
            lines[-1] += f" {word}"
        else:
            lines.append(word)
    return lines


def choices_of(at: Pattern, used: Used) -> list[Any]:
    """Give the values that a field may have, of those that have few."""
    return used.known.get(at) or list(probe.choices(shape_of(model_path(at))))
