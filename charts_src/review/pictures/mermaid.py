"""The parts of a Mermaid picture, as GitHub draws it."""

import re
from collections.abc import Iterator
from typing import Final

from charts_src.diff.summary import SIGNS
from charts_src.review.pictures.canvas import Mark
from charts_src.review.style import LIGHT

_CLASSES: Final = tuple(
    f"classDef {mark} fill:{LIGHT[f'{mark}-bg']},stroke:{LIGHT[mark]},color:{LIGHT['ink']}" for mark in SIGNS
)
"""GitHub draws Mermaid in a theme that follows the reader; text and ground of a class go together."""


def label(*lines: str, mark: Mark = None) -> str:
    """Write a label of some lines, in which Mermaid reads no syntax, with the sign of a mark."""
    first, *rest = lines
    return f'"{"<br/>".join(map(_escaped, (signed(first, mark), *rest)))}"'


def signed(text: str, mark: Mark) -> str:
    """Put the sign of a mark before a text."""
    return f"{SIGNS[mark]} {text}" if mark else text


def node(name: str, *lines: str, mark: Mark = None) -> str:
    """Write a box."""
    return f"{name}[{label(*lines, mark=mark)}]{f':::{mark}' if mark else ''}"


def flowchart(direction: str, lines: Iterator[str]) -> str:
    """Write a flowchart with the classes of the marks that are in it."""
    body = [f"  {line}" for line in lines]
    classes = [f"  {each}" for each in _CLASSES if any(f":::{each.split()[1]}" in line for line in body)]
    return "\n".join([f"flowchart {direction}", *body, *classes, ""])


def _escaped(text: str) -> str:
    # Some versions read labels as Markdown (mermaid-js/mermaid#6385), in which a first hyphen makes a list.
    return re.sub(r"^-|[^A-Za-z0-9 .,/:_()-]", lambda match: f"#{ord(match[0])};", text)
