"""An environment file as text: UTF-8, of a sane size, with nothing in it that hides from a reader."""

import re
import stat
from pathlib import Path

from charts_src.config.complaints import Complaint, refusal
from charts_src.credentials import CREDENTIAL, OWNERS

_LARGEST_FILE = 1_000_000
"""Bytes; an environment is a few hundred lines."""

_HIDDEN = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ufeff\ufffe\uffff]|\r(?!\n)"
)
"""Control characters, text direction overrides, and line breaks that YAML counts and editors don't."""

_LINE_WITH_TAB = re.compile(r"^.*\t", re.MULTILINE)


def read_text(file: Path) -> str:
    """Read the file; a byte order mark at its start is ignored.

    Raises UserError when the file is missing, no regular file, unreadable, over 1 MB, not UTF-8, or has
    TABs or control characters.
    """
    content = _read_bytes(file)
    if len(content) > _LARGEST_FILE:
        raise refusal([Complaint(file, 0, (), "is larger than 1 MB; an environment holds settings only")])
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise refusal([Complaint(file, line, (), "is not UTF-8 text; save the file as UTF-8")]) from None
    if complaints := [*_hidden_characters(file, text), *_tabs(file, text)]:
        raise refusal(complaints)
    return text


def secrets(file: Path, text: str) -> list[Complaint]:
    """Find what looks like a credential anywhere in the text, comments included, without repeating it."""
    message = "looks like {}; remove it, revoke it, and keep secrets out of Git"
    return [
        Complaint(file, _line(text, match.start()), (), message.format(OWNERS[match.lastgroup or ""]))
        for match in CREDENTIAL.finditer(text)
    ]


def _read_bytes(file: Path) -> bytes:
    """Read at most one byte more than allowed, and only what is a regular file: others may never end."""
    try:
        if not stat.S_ISREG(file.stat().st_mode):
            kind = "a directory" if file.is_dir() else "not a regular file"
            raise refusal([Complaint(file, 0, (), f"is {kind}; an environment is one YAML file")])
        with file.open("rb") as stream:
            return stream.read(_LARGEST_FILE + 1)
    except OSError as error:
        message = f"cannot be read ({error.strerror}); check that you may read it"
        raise refusal([Complaint(file, 0, (), message)]) from None


def _hidden_characters(file: Path, text: str) -> list[Complaint]:
    """Report only the first: a binary file has thousands."""
    if not (match := _HIDDEN.search(text)):
        return []
    name = f"U+{ord(match[0]):04X}"
    message = f"holds the control character {name}; delete it, or save as UTF-8"
    return [Complaint(file, _line(text, match.start()), (), message)]


def _tabs(file: Path, text: str) -> list[Complaint]:
    return [
        Complaint(
            file,
            _line(text, match.start()),
            (),
            "has a TAB, which YAML does not allow as indentation; write spaces",
        )
        for match in _LINE_WITH_TAB.finditer(text)
    ]


def _line(text: str, position: int) -> int:
    return text.count("\n", 0, position) + 1
