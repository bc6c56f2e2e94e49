"""Node pools as SVG: a card for each."""

from typing import Final, NamedTuple

from charts_src.diff.summary import SIGNS
from charts_src.review.pictures.canvas import Canvas, Mark
from charts_src.review.pictures.marks import LEGEND, counted
from charts_src.review.pictures.metrics import fit, wrap
from charts_src.review.pictures.pools import PoolCard, lines, pod_text

WIDTH: Final = 1160
_COLUMNS: Final = 3
_GAP: Final = 14
_PAD: Final = 14
_LINE: Final = 16
_MOST: Final = 24
"""Pods that a card names; those with changes come first."""

_MEANING: Final = (
    "Below the line: pods that an instance type of the pool can take beside its daemons,",
    "and how many there are at most.",
)


class _Line(NamedTuple):
    text: str
    mark: Mark
    kind: str


def svg(cards: tuple[PoolCard, ...], title: str) -> str:
    """Draw the cards in columns, each where there is room next."""
    canvas = Canvas()
    wide = (WIDTH - (_COLUMNS - 1) * _GAP) / _COLUMNS
    feet = [2.0] * _COLUMNS
    for card in cards:
        column = feet.index(min(feet))
        at = column * (wide + _GAP) + 1, feet[column], wide - 2
        feet[column] += _card(canvas, at, card) + _GAP
    marked = any(card.mark for card in cards)
    return canvas.svg(
        WIDTH, canvas.legend(4, max(feet) + 14, WIDTH, [*_MEANING, *([LEGEND] if marked else [])]), title
    )


def _head(card: PoolCard, room: float) -> list[_Line]:
    return [
        _Line(line, mark, mark or "soft")
        for text, mark in lines(card)
        for line in wrap(f"{SIGNS[mark]} {text}" if mark else text, 11, room)
    ]


def _pods(card: PoolCard) -> list[_Line]:
    order = sorted(card.landers, key=lambda lander: (lander.mark is None, lander.name))
    shown = [
        _Line(
            f"{SIGNS[each.mark]} {pod_text(each)}" if each.mark else pod_text(each),
            each.mark,
            each.mark or "",
        )
        for each in order[:_MOST]
    ]
    more = len(order) - len(shown)
    daemons = _Line(f"{counted(len(card.daemons), 'daemon')} on each node", None, "soft")
    rest = [f"and {more} more"] if more else [] if order else ["and no other pod of this environment"]
    return [daemons, *shown, *(_Line(text, None, "soft") for text in rest)]


def _card(canvas: Canvas, at: tuple[float, float, float], card: PoolCard) -> float:
    """Draw a card, and give its height."""
    x, y, wide = at
    room = wide - 2 * _PAD
    head, pods = _head(card, room), _pods(card)
    height = 36 + len(head) * _LINE + 12 + len(pods) * _LINE + _PAD
    canvas.group(f"tile {card.mark or ''}".strip(), ", ".join(pod_text(each) for each in card.landers))
    canvas.box(x, y, wide, height, radius=8)
    name = f"{SIGNS[card.mark]} {card.name}" if card.mark else card.name
    canvas.text(x + _PAD, y + 25, fit(name, 13, room, bold=True), size=13, kind="bold")
    foot = y + 36
    for line in head:
        foot += _LINE
        canvas.text(x + _PAD, foot - 4, line.text, kind=line.kind)
    canvas.line([(x + _PAD, foot + 4), (x + wide - _PAD, foot + 4)], "grid")
    foot += 12
    for line in pods:
        foot += _LINE
        canvas.text(x + _PAD, foot - 3, fit(line.text, 11, room), kind=line.kind)
    canvas.end()
    return height
