"""How wide text is, without asking a browser: as wide as the widest of the usual sans-serif fonts sets it."""

import re
from typing import Final

_FIRST: Final = 32
_REGULAR: Final = (
    "32 41 46 84 64 96 78 28 40 40 50 84 32 37 32 34 64 64 64 64 64 64 64 64 64 64 34 34 84 84 84 54 "
    "100 69 69 70 77 64 58 78 76 30 30 66 56 87 75 79 61 79 70 64 62 74 69 99 69 62 69 40 34 40 84 50 "
    "50 62 64 55 64 62 36 64 64 28 28 58 28 98 64 62 64 64 42 53 40 64 60 82 60 60 53 64 34 64 84"
)
_BOLD: Final = (
    "35 46 53 84 70 101 88 31 46 46 53 84 38 42 38 37 70 70 70 70 70 70 70 70 70 70 40 40 84 84 84 58 "
    "100 78 77 74 83 69 69 83 84 38 38 78 64 100 84 85 74 85 77 73 69 82 78 111 78 73 73 46 37 46 84 50 "
    "50 68 72 60 72 68 44 72 72 35 35 67 35 105 72 69 72 72 50 60 48 72 66 93 65 66 59 72 37 72 84"
)
"""Advance widths of the characters " " to "~", in hundredths of the font size, rounded up: DejaVu Sans 2.37,
the tables hmtx of DejaVuSans.ttf and DejaVuSans-Bold.ttf. Verdana is as wide, Arial, Roboto and Segoe UI are
narrower.
"""

_WIDTHS: Final = {False: tuple(map(int, _REGULAR.split())), True: tuple(map(int, _BOLD.split()))}

_OTHER: Final = 112
"""Any other character; none of them is wider, but for scripts that no name here is in."""

ELLIPSIS: Final = "…"

_WORDS: Final = re.compile(r"[^\s-]*(?:-+|\s+|$)")


def width(text: str, size: float, *, bold: bool = False) -> float:
    """Give the width of a line of text in the unit of `size`."""
    table = _WIDTHS[bold]
    indexes = (ord(char) - _FIRST for char in text)
    return sum(table[index] if 0 <= index < len(table) else _OTHER for index in indexes) * size / 100


def fit(text: str, size: float, room: float, *, bold: bool = False) -> str:
    """Shorten text that is wider than `room`, with an ellipsis in its place."""
    if width(text, size, bold=bold) <= room:
        return text
    kept = text
    while kept and width(kept + ELLIPSIS, size, bold=bold) > room:
        kept = kept[:-1]
    return kept + ELLIPSIS


def wrap(text: str, size: float, room: float, *, bold: bool = False) -> list[str]:
    """Break text after spaces and hyphens into lines of at most `room`; a longer word is shortened."""
    lines: list[str] = []
    for word in _WORDS.findall(text):
        longer = lines[-1] + word if lines else word
        if lines and width(longer.rstrip(), size, bold=bold) <= room:
            lines[-1] = longer
        else:
            lines.append(word)
    return [fit(line.rstrip(), size, room, bold=bold) for line in lines]
