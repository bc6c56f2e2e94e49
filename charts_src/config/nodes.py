"""YAML text -> plain data with the line of every value. Only plain YAML, which says what a reader sees."""

import re
from pathlib import Path
from typing import Any, NoReturn

import yaml

from charts_src.config.complaints import Complaint, Where, refusal, shown
from charts_src.config.scalars import AmbiguousError, plain_scalar
from charts_src.config.settings import Items, Origin, Origins, Settings
from charts_src.config.syntax import explained
from charts_src.config.text import secrets

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""The parser in C where PyYAML has it: thirty times as fast, same events."""

_DEEPEST = 20
"""Mappings and lists inside one another."""

_UNPRINTABLE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")
"""Characters that only an escape such as \\0 can bring into a value."""


def read_nodes(file: Path, text: str) -> Settings:
    """Read one YAML document, collecting what is wrong in it.

    Raises UserError when the rest can't be read: invalid YAML, no mapping at the top, a second document,
    nesting over 20 levels.
    """
    builder = _Builder(file, text)
    try:
        data = builder.document()
    except yaml.MarkedYAMLError as error:
        builder.complain(*explained(error))
        raise refusal(builder.complaints) from None
    return Settings(data, builder.origins, tuple(builder.complaints))


def read_items(file: Path, text: str) -> Items:
    """Read one YAML document that is a list, collecting what is wrong in it; comments alone are none.

    Raises UserError as read_nodes does.
    """
    builder = _Builder(file, text)
    try:
        data = builder.items()
    except yaml.MarkedYAMLError as error:
        builder.complain(*explained(error))
        raise refusal(builder.complaints) from None
    return Items(data, builder.origins, tuple(builder.complaints))


class _Builder:
    """Builds data from parser events; recursion is safe because deep nesting is refused first."""

    def __init__(self, file: Path, text: str) -> None:
        self.file = file
        self.events = yaml.parse(text, Loader=_LOADER)
        self.origins: Origins = {}
        self.complaints: list[Complaint] = secrets(file, text)

    def complain(self, line: int, where: Where, message: str) -> None:
        self.complaints.append(Complaint(self.file, line, where, message))

    def document(self) -> dict[str, Any]:
        """Read the only document of the stream."""
        if (first := self.first()) is None:
            self.stop(0, "is empty; write at least `name: ` and the name of the environment")
        if not isinstance(first, yaml.MappingStartEvent):
            self.stop(_line(first), "is not a mapping; an environment is made of `key: value` lines")
        data: dict[str, Any] = self.only(first, "an environment")
        return data

    def items(self) -> list[Any]:
        """Read the only document of the stream, which is a list."""
        if (first := self.first()) is None:
            return []
        if not isinstance(first, yaml.SequenceStartEvent):
            self.stop(_line(first), "is not a list; start each entry with `- `")
        data: list[Any] = self.only(first, "a list")
        return data

    def first(self) -> Any:
        """Give the event that begins the first document; None when there is none."""
        next(self.events)
        return None if isinstance(next(self.events), yaml.StreamEndEvent) else next(self.events)

    def only(self, first: Any, what: str) -> Any:
        """Read the document that begins so, and refuse another one after it."""
        self.origins[()] = Origin(self.file, _line(first))
        data = self.value(first, ())
        next(self.events)
        if isinstance(second := next(self.events), yaml.DocumentStartEvent):
            self.stop(_line(second), f"begins a second document; {what} is one document")
        return data

    def stop(self, line: int, message: str) -> NoReturn:
        """Raise UserError with all complaints up to here."""
        self.complain(line, (), message)
        raise refusal(self.complaints)

    def value(self, event: Any, where: Where) -> Any:
        """Read one value, whatever it is."""
        self.check(event, where)
        if isinstance(event, yaml.MappingStartEvent):
            return self.mapping(where)
        if isinstance(event, yaml.SequenceStartEvent):
            return self.sequence(where)
        return self.scalar(event, where) if isinstance(event, yaml.ScalarEvent) else None

    def check(self, event: Any, where: Where) -> None:
        """Refuse anchors, aliases, tags and deep nesting."""
        line = _line(event)
        if len(where) > _DEEPEST:
            self.stop(line, f"is nested deeper than {_DEEPEST} levels; no setting is that deep")
        if isinstance(event, yaml.AliasEvent):
            self.complain(line, where, f"is an alias of {shown(event.anchor)}; write the value out")
        elif event.anchor:
            self.complain(line, where, f"has the anchor {shown(event.anchor)}; delete it")
        if tag := getattr(event, "tag", None):
            name = shown(tag.replace("tag:yaml.org,2002:", "!!"))
            self.complain(line, where, f"has the tag {name}; delete it, and quote the value if it is text")

    def mapping(self, where: Where) -> dict[str, Any]:
        """Read keys and values up to the end of the mapping; the first of two equal keys counts."""
        data: dict[str, Any] = {}
        while not isinstance(event := next(self.events), yaml.MappingEndEvent):
            key = self.key(event, where)
            inside = (*where, key)
            if key in data:
                self.complain(
                    _line(event), inside, f"is set twice, first in line {self.origins[inside].line}"
                )
            self.origins.setdefault(inside, Origin(self.file, _line(event)))
            data.setdefault(key, self.value(next(self.events), inside))
        return data

    def key(self, event: Any, where: Where) -> str:
        """Read a key, as text in any case so that reading can go on."""
        if not isinstance(event, yaml.ScalarEvent):
            self.value(event, (*where, "?"))
            self.complain(_line(event), (*where, "?"), "is a list or mapping as a key; write `key: value`")
            return "?"
        key = self.text(event, where)
        inside = (*where, key)
        self.check(event, inside)
        if key == "<<":
            self.complain(_line(event), inside, "is a merge key; write the values out")
        elif event.implicit[0] and not _is_text(key):
            message = f"is a key that is not text to every YAML reader; quote it: {shown(key)}"
            self.complain(_line(event), inside, message)
        return key

    def sequence(self, where: Where) -> list[Any]:
        """Read items up to the end of the list."""
        items: list[Any] = []
        while not isinstance(event := next(self.events), yaml.SequenceEndEvent):
            inside = (*where, len(items))
            self.origins[inside] = Origin(self.file, _line(event))
            items.append(self.value(event, inside))
        return items

    def scalar(self, event: Any, where: Where) -> Any:
        """Read a scalar; keep how a number was written, for messages."""
        text = self.text(event, where)
        if not event.implicit[0]:
            return text
        try:
            value = plain_scalar(text)
        except AmbiguousError as error:
            self.complain(_line(event), where, str(error))
            return None
        if not isinstance(value, str):
            self.origins[where] = self.origins[where]._replace(text=text)
        return value

    def text(self, event: Any, where: Where) -> str:
        """Give the text of a scalar, without what no terminal or JSON could show."""
        text = _UNPRINTABLE.sub("?", event.value)
        if text != event.value:
            self.complain(_line(event), where, "holds a control character; delete it")
        return text


def _line(event: Any) -> int:
    return int(event.start_mark.line) + 1


def _is_text(text: str) -> bool:
    try:
        return isinstance(plain_scalar(text), str)
    except AmbiguousError:
        return False
