"""The expiry ledger: everything that is pinned, where it was read, when, and until when it is supported.

Entries are in charts_src/expiry/*.yaml, one file for each part of the platform. Nothing here asks a network:
what is past or near its end is a matter of the date that the caller gives.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple

import yaml
from pydantic import Field, ValidationError

from charts_src import ROOT
from charts_src.errors import UserError
from charts_src.model.base import Model

ENTRIES = ROOT / "charts_src" / "expiry"

NEAR = timedelta(days=90)
"""How long before its end something is listed."""

STALE = timedelta(days=365)
"""How long after it was read a pin without a published end is listed: someone should look again."""

Text = Annotated[str, Field(min_length=1)]


class Pin(Model):
    """One thing that is pinned."""

    name: Text
    """What it is, for people."""

    kind: Literal["version", "image", "model", "ami", "api", "sdk"]
    """What sort of thing."""

    value: Text
    """Exactly what is pinned: a version, or an image with its tag."""

    source: Text
    """Where the value was read: module@version and path, or a URL."""

    read: date
    """When it was read."""

    supported_until: date | None = None
    """Last day of support, where a source publishes it."""

    note: str | None = None
    """Anything else that matters when it is replaced."""


class Due(NamedTuple):
    """A pin that someone has to look at."""

    state: Literal["past", "near", "stale"]
    pin: Pin
    day: date
    """Its end, or when it was read."""

    def __str__(self) -> str:
        """Write the pin on one line."""
        words = {"past": "support ended", "near": "support ends", "stale": "no end published; read"}
        return f"{self.state:5} {self.day} {self.pin.name}: {self.pin.value} ({words[self.state]} {self.day})"


def pins(folder: Path = ENTRIES) -> tuple[Pin, ...]:
    """Read every entry, in the order of files and lines.

    Raises UserError with a line for each entry that is not one, and for a value that two entries have.
    """
    found: dict[tuple[str, str], Pin] = {}
    problems = []
    for file in sorted(folder.glob("*.yaml")):
        for number, entry in enumerate(_entries(file), 1):
            where = f"{file.relative_to(folder.parent)}: entry {number}"
            try:
                pin = Pin.model_validate(entry)
            except ValidationError as error:
                problems += [f"{where}: {_place(each)}: {each['msg']}" for each in error.errors()]
                continue
            if found.setdefault((pin.kind, pin.value), pin) is not pin:
                problems.append(f"{where}: {pin.value} has an entry already; keep one")
    if problems:
        raise UserError("\n".join(problems))
    return tuple(found.values())


def due(entries: Sequence[Pin], today: date) -> list[Due]:
    """List what is past its end, near it, or was read long ago, most urgent first."""
    found = [each for pin in entries if (each := _due(pin, today))]
    return sorted(
        found, key=lambda each: (each.state != "past", each.state != "near", each.day, each.pin.value)
    )


def _due(pin: Pin, today: date) -> Due | None:
    if pin.supported_until is None:
        return Due("stale", pin, pin.read) if today - pin.read > STALE else None
    if pin.supported_until < today:
        return Due("past", pin, pin.supported_until)
    return Due("near", pin, pin.supported_until) if pin.supported_until - today <= NEAR else None


def _entries(file: Path) -> Iterator[Any]:
    entries = yaml.safe_load(file.read_text(encoding="utf-8"))
    if not isinstance(entries, list):
        raise UserError(f"{file}: is no list of entries; start each with `- name:`")
    yield from entries


def _place(problem: Mapping[str, Any]) -> str:
    return ".".join(map(str, problem["loc"])) or "entry"
