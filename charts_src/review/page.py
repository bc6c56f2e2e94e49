"""What the review says, whatever it is written as: each part gives a Section, the writers know its blocks."""

from typing import NamedTuple


class Text(NamedTuple):
    """A paragraph; it is plain text, which the writers escape."""

    text: str


class Bullets(NamedTuple):
    """A list of lines of plain text."""

    lines: tuple[str, ...]


class Table(NamedTuple):
    """A table of plain text; columns in `numbers` stand to the right."""

    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    numbers: tuple[int, ...] = ()


class Patch(NamedTuple):
    """Lines of a diff, the first character of each being one of "@+- "."""

    lines: tuple[str, ...]


class Folded(NamedTuple):
    """Blocks that are shown on demand, below a line that says what they are."""

    summary: str
    blocks: tuple["Block", ...]


class Figure(NamedTuple):
    """A picture: SVG for a page of its own, Mermaid for a comment."""

    caption: str
    svg: str
    """An <svg> element that stands alone: no script, nothing loaded."""
    mermaid: str
    """"" where Mermaid has no such picture."""


Block = Text | Bullets | Table | Patch | Folded | Figure


class Section(NamedTuple):
    """One part of the review."""

    title: str
    blocks: tuple[Block, ...]
    alarm: bool = False
    """Whether it says something that stops the pull request."""
