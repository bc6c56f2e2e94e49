"""The review as one page that needs nothing else: no script, no font, no request."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from charts_src.review.escape import markup
from charts_src.review.order import alarms_first
from charts_src.review.page import Block, Bullets, Figure, Folded, Patch, Section, Table, Text
from charts_src.review.style import PAGE, variables

_POLICY: Final = "default-src 'none'; style-src 'unsafe-inline'"
"""What a browser may do for this page: show it."""

_LINES: Final = {"@": "h", "+": "a", "-": "r"}
"""First character of a line of a diff -> its class."""


def page(title: str, verdict: str, sections: Sequence[Section]) -> str:
    """Write a review as a page of HTML; alarms come first."""
    parts = alarms_first(sections)
    alarm = any(section.alarm for section in parts)
    state, mark = ('class="verdict alarm"', "Stop") if alarm else ('class="verdict"', "Pass")
    return "\n".join(
        [
            '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">',
            f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">',
            '<meta name="viewport" content="width=device-width,initial-scale=1">',
            f"<title>{markup(title)}</title>\n<style>{variables(':root')}\n{PAGE}</style>\n</head>\n<body>",
            f"<header>\n<h1>{markup(title)}</h1>",
            f'<p {state}><span class="mark">{mark}</span>{markup(verdict)}</p>\n</header>',
            '<nav aria-label="Parts of the review">\n<ol>',
            *(_entry(number, section) for number, section in enumerate(parts, start=1)),
            "</ol>\n</nav>\n<main>",
            *(text for number, section in enumerate(parts, start=1) for text in _section(number, section)),
            "</main>\n</body>\n</html>\n",
        ]
    )


def _entry(number: int, section: Section) -> str:
    return f'<li><a href="#part-{number}">{_alarm(section)}{markup(section.title)}</a></li>'


def _alarm(section: Section) -> str:
    return '<span class="mark alarm">Stop</span>' if section.alarm else ""


def _section(number: int, section: Section) -> Iterator[str]:
    yield f'<section id="part-{number}" aria-labelledby="title-{number}">'
    yield f'<h2 id="title-{number}">{_alarm(section)}{markup(section.title)}</h2>'
    yield from _blocks(section.blocks)
    yield "</section>"


def _blocks(blocks: Iterable[Block]) -> Iterator[str]:
    for block in blocks:
        match block:
            case Text(text):
                yield f"<p>{markup(text)}</p>"
            case Bullets(lines):
                yield f"<ul>\n{_all('li', lines)}</ul>"
            case Table():
                yield _scrolled("Table", f"<table>\n{_table(block)}</table>")
            case Patch(lines):
                yield _scrolled("Diff", f"<pre>{''.join(map(_line, lines))}</pre>")
            case Folded(summary, inside):
                yield f"<details>\n<summary>{markup(summary)}</summary>"
                yield from _blocks(inside)
                yield "</details>"
            case Figure(caption, svg):
                yield f"<figure>\n<figcaption>{markup(caption)}</figcaption>"
                yield f"{_scrolled(caption, svg)}\n</figure>"


def _scrolled(label: str, content: str) -> str:
    """Let wide content scroll on a narrow screen, with the keyboard too."""
    return f'<div class="scroll" tabindex="0" role="region" aria-label="{markup(label)}">{content}</div>'


def _all(tag: str, texts: Iterable[str]) -> str:
    return "".join(f"<{tag}>{markup(text)}</{tag}>\n" for text in texts)


def _table(table: Table) -> str:
    head = "".join(_cell("th", text, number in table.numbers) for number, text in enumerate(table.header))
    rows = (
        "".join(_cell("td", text, number in table.numbers) for number, text in enumerate(row))
        for row in table.rows
    )
    body = "\n".join(f"<tr>{row}</tr>" for row in rows)
    return f"<thead>\n<tr>{head}</tr>\n</thead>\n<tbody>\n{body}\n</tbody>\n"


def _cell(tag: str, text: str, number: bool) -> str:
    kind = (' scope="col"' if tag == "th" else "") + (' class="n"' if number else "")
    return f"<{tag}{kind}>{markup(text)}</{tag}>"


def _line(line: str) -> str:
    kind = _LINES.get(line[:1], "")
    return f'<span class="{kind}">{markup(line)}</span>' if kind else f"<span>{markup(line)}</span>"
