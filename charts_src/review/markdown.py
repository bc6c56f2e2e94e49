"""The review as a comment on a pull request, in GitHub's Markdown."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from charts_src.diff.lines import visible
from charts_src.diff.markdown import fenced
from charts_src.diff.report import COMMENT_LIMIT
from charts_src.review.escape import inline
from charts_src.review.order import alarms_first
from charts_src.review.page import Block, Bullets, Figure, Folded, Patch, Section, Table, Text

MARGIN: Final = 1536
"""Characters that are left free for what posts the comment, such as a marker to find it again."""

_FULL, _UNPICTURED, _UNFOLDED, _TABLES = range(4)
"""How much of a review is shown: all, no pictures, nothing that is folded, tables alone."""

_ELSEWHERE: Final = "The page of the review has this picture.\n"

_CUT: Final = "_Shortened: the page of the review has the whole._"


def comment(
    title: str, verdict: str, sections: Sequence[Section], limit: int = COMMENT_LIMIT - MARGIN
) -> str:
    """Write a review in at most `limit` characters, alarms first.

    What does not fit goes in this order: pictures, folded parts, all but tables in sections without an
    alarm, then lines from the end.
    """
    head = f"## {inline(title)}\n\n**{inline(verdict)}**\n"
    parts = alarms_first(sections)
    blocks: list[str] = []
    for level in (_FULL, _UNPICTURED, _UNFOLDED, _TABLES):
        blocks = [head, *(text for section in parts for text in _section(section, level))]
        text = "\n".join([*blocks, *([_CUT] if level else [])])
        if len(text) <= limit:
            return text
    return _cut(blocks, limit)


def _section(section: Section, level: int) -> Iterator[str]:
    if section.alarm:
        level = min(level, _UNFOLDED)
    blocks = [text for block in section.blocks for text in _block(block, level)]
    if blocks or level < _TABLES:
        yield f"### {'🛑 ' if section.alarm else ''}{inline(section.title)}\n"
        yield from blocks


def _block(block: Block, level: int) -> Iterator[str]:
    match block:
        case Table():
            yield _table(block)
        case Folded(summary, inside) if level < _UNFOLDED:
            yield _folded(summary, [text for each in inside for text in _block(each, level)])
        case Figure(caption, _, mermaid) if level == _FULL:
            yield _folded(caption, [fenced(mermaid.splitlines(), "mermaid")] if mermaid else [_ELSEWHERE])
        case Text(text) if level < _TABLES:
            yield f"{inline(text)}\n"
        case Bullets(lines) if level < _TABLES:
            yield "".join(f"- {inline(line)}\n" for line in lines)
        case Patch(lines) if level < _TABLES:
            yield fenced([visible(line) for line in lines])


def _folded(summary: str, inside: Sequence[str]) -> str:
    return "\n".join([f"<details><summary>{inline(summary)}</summary>\n", *inside, "</details>\n"])


def _table(table: Table) -> str:
    rules = ("---:" if column in table.numbers else "---" for column in range(len(table.header)))
    rows = (_row(map(inline, row)) for row in table.rows)
    return "".join([_row(map(inline, table.header)), f"|{'|'.join(rules)}|\n", *rows])


def _row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |\n"


def _cut(blocks: Iterable[str], limit: int) -> str:
    """Take blocks while they fit, of the first that does not its first lines; half a code block is none."""
    kept, room = "", limit - len(_CUT)
    for block in blocks:
        if len(kept) + len(block) + 1 > room:
            part = "" if block.startswith("`") else block[: max(room - len(kept) - 1, 0)]
            kept += part[: part.rfind("\n") + 1]
            break
        kept += f"{block}\n"
    return f"{kept}{_CUT}"[: max(limit, 0)]
