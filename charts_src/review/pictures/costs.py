"""Money per hour as bars, before and after."""

from collections.abc import Sequence
from typing import Final, NamedTuple

from charts_src.review.pictures.canvas import Canvas, Mark
from charts_src.review.pictures.mermaid import label
from charts_src.review.pictures.metrics import fit, width

WIDTH: Final = 1000
_LABEL: Final = 240
_ROW: Final = 40
_BAR: Final = 12
_NAME: Final = 150
"""Room for a name in Mermaid, which leaves out all of them when one is longer."""
_MEANING: Final = "Dashed: before. Filled: after. US dollars per hour."


class Bar(NamedTuple):
    """The cost of one thing."""

    label: str
    before: float | None
    """US dollars per hour; None where it was not there."""
    after: float | None
    """US dollars per hour; None where it is no longer there."""
    unknown: str = ""
    """What has no price and is not in the numbers, such as an instance type; "" is nothing."""


def svg(bars: Sequence[Bar], title: str) -> str:
    """Draw the bars below each other, all to one scale."""
    canvas = Canvas()
    values = [text_of(bar) for bar in bars]
    space = max((width(text, 11, bold=True) for text in values), default=0) + 16
    scale = (WIDTH - _LABEL - space) / (max((each for bar in bars for each in _both(bar)), default=0) or 1)
    for number, (bar, text) in enumerate(zip(bars, values, strict=True)):
        y = 4.0 + number * _ROW
        canvas.text(_LABEL - 12, y + 19, fit(bar.label, 11, _LABEL - 16), anchor="end")
        before, after = _both(bar)
        if bar.before is not None:
            canvas.box(_LABEL, y + 1, max(before * scale, 1), _BAR, "before", 2)
        if bar.after is not None:
            canvas.box(_LABEL, y + 3 + _BAR, max(after * scale, 1), _BAR, "bar", 2)
        end = _LABEL + max(before, after) * scale + 8
        canvas.text(end, y + 19, text, kind=f"bold {mark_of(bar) or ''}".strip())
    foot = 4.0 + len(bars) * _ROW
    canvas.line([(_LABEL, 0), (_LABEL, foot - 8)], "grid")
    return canvas.svg(WIDTH, canvas.legend(4, foot + 16, WIDTH, [_MEANING]), title)


def mermaid(bars: Sequence[Bar], title: str) -> str:
    """Draw the costs after as bars, and those before as a line over them."""
    names = ", ".join(label(fit(bar.label, 11, _NAME)) for bar in bars)
    before, after = (
        ", ".join(f"{value:.2f}" for value in each) for each in zip(*map(_both, bars), strict=True)
    )
    return (
        f"xychart-beta horizontal\n  title {label(f'{title}: bars after, line before')}\n  x-axis [{names}]\n"
        f'  y-axis "US dollars per hour"\n  bar [{after}]\n  line [{before}]\n'
    )


def text_of(bar: Bar) -> str:
    """Write both costs, the difference with its sign, and what is not in them."""
    before, after = _both(bar)
    unknown = f", without {bar.unknown}" if bar.unknown else ""
    if bar.before is None or bar.after is None:
        return f"{'+' if bar.before is None else '-'} {dollars(after or before)}{unknown}"
    if before == after:
        return f"{dollars(after)}{unknown}"
    sign = "+" if after > before else "-"
    return f"{dollars(before)} → {dollars(after)} ({sign}{dollars(abs(after - before))}){unknown}"


def mark_of(bar: Bar) -> Mark:
    """Say what happens to a cost."""
    if bar.before is None:
        return "added"
    if bar.after is None:
        return "removed"
    return None if bar.before == bar.after else "changed"


def dollars(amount: float) -> str:
    """Write US dollars with cents."""
    return f"${amount:,.2f}"


def _both(bar: Bar) -> tuple[float, float]:
    return bar.before or 0.0, bar.after or 0.0
