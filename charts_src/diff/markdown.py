"""The parts of a comment on a pull request, in GitHub's Markdown."""

import re
from collections import Counter
from typing import TYPE_CHECKING

from charts_src.diff.lines import hunk
from charts_src.diff.summary import STATUSES, by_component, counts, title

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from charts_src.diff.compare import Change


def code(text: str) -> str:
    """Write text that neither Markdown nor HTML reads; inside <code>, GitHub resolves no @mention or #1."""
    return f"<code>{re.sub('[^A-Za-z0-9 ./:=-]', lambda match: f'&#{ord(match[0])};', text)}</code>"


def table(changes: "Sequence[Change]") -> "Iterator[str]":
    """Count the objects of each component by status; write nothing if there are none."""
    if changes:
        yield f"| component | {' | '.join(STATUSES)} |\n|---|---:|---:|---:|\n{''.join(_rows(changes))}"


def details(changes: "Sequence[Change]") -> "Iterator[str]":
    """Write each component as a collapsed section of its objects with their fields."""
    for component, group in by_component(changes):
        yield f"<details><summary>{code(component)}: {counts(group)}</summary>\n"
        for change in group:
            yield f"{change.status} {code(title(change.identity))}\n"
            if change.fields:
                yield _fenced([line for field in change.fields for line in hunk(field)])
        yield "</details>\n"


def objects(changes: "Sequence[Change]") -> "Iterator[str]":
    """Write each component as a list of its objects with the number of their changed fields."""
    for component, group in by_component(changes):
        yield f"{code(component)}: {counts(group)}\n"
        yield "".join(
            f"- {change.status} {code(title(change.identity))}{_size(change)}\n" for change in group
        )


def _rows(changes: "Sequence[Change]") -> "Iterator[str]":
    for component, group in by_component(changes):
        number = Counter(change.status for change in group)
        yield f"| {code(component)} | {' | '.join(str(number[status]) for status in STATUSES)} |\n"


def _size(change: "Change") -> str:
    number = len(change.fields)
    return f" ({number} field{'' if number == 1 else 's'})" if number else ""


def _fenced(lines: list[str]) -> str:
    """Put lines in a code block whose fence is longer than any run of backticks in them."""
    text = "\n".join(lines)
    fence = "`" * max(3, *(len(run) + 1 for run in re.findall("`+", text)), 0)
    return f"{fence}diff\n{text}\n{fence}\n"
