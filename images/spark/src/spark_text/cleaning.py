"""What a document is once it is clean, and which documents are not worth training on.

Nothing here knows a language: letters are what Unicode calls so, and text that repeats itself is found by how
well it compresses.
"""

import hashlib
import re
import unicodedata
import zlib

SHORT = "short"
SYMBOLS = "symbols"
REPETITIVE = "repetitive"
REASONS = (SHORT, SYMBOLS, REPETITIVE)
"""Why a document is dropped."""

_MINIMUM_WORD_SHARE = 0.6
"""Of the characters that are no space: letters, marks and digits. Prose has 0.9, source code about 0.7."""

_MAXIMUM_COMPRESSION = 8.0
"""Bytes before zlib / bytes after; prose of any length stays below 5."""

_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b\u2060\ufeff\ufffe\uffff]")
_LINE_END = re.compile(r"\r\n?|[\x85\u2028\u2029]")
_SPACES = re.compile(r"[^\S\n]+")
_EMPTY_LINES = re.compile(r"\n{3,}")


def clean(text: str) -> str:
    """Give the text in Unicode's composed form, without control characters and superfluous white space.

    Joiners, which are part of how some scripts are written, stay.
    """
    text = unicodedata.normalize("NFC", _LINE_END.sub("\n", text))
    text = _SPACES.sub(" ", _CONTROL.sub("", text))
    text = "\n".join(line.strip(" ") for line in text.split("\n"))
    return _EMPTY_LINES.sub("\n\n", text).strip("\n")


def problem(text: str, minimum_characters: int) -> str | None:
    """Say why a clean text is dropped; None when it is kept."""
    if len(text) < minimum_characters:
        return SHORT
    if _word_share(text) < _MINIMUM_WORD_SHARE:
        return SYMBOLS
    data = text.encode("utf-8", "replace")
    if len(data) / len(zlib.compress(data, 1)) > _MAXIMUM_COMPRESSION:
        return REPETITIVE
    return None


def key(text: str) -> str:
    """Give what equal documents have in common; they may differ in case, punctuation and white space."""
    words = re.sub(r"[\W_]+", " ", text.casefold()).strip()
    return hashlib.sha256((words or text).encode("utf-8", "replace")).hexdigest()


def _word_share(text: str) -> float:
    visible = [character for character in text if not character.isspace()]
    if not visible:
        return 0.0
    return sum(unicodedata.category(character)[0] in "LMN" for character in visible) / len(visible)
