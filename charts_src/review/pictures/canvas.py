"""A picture as SVG: a few shapes that share one look, in light and dark."""

from collections.abc import Iterable, Sequence
from typing import Final

from charts_src.diff.compare import Status
from charts_src.diff.summary import SIGNS
from charts_src.review.escape import markup
from charts_src.review.pictures.metrics import fit, width
from charts_src.review.style import FONT, variables

Mark = Status | None
"""What a pull request does to a part of a picture."""

Point = tuple[float, float]

_STYLE: Final = (
    f".pic text{{font-family:{FONT};fill:var(--ink);font-size:11px}}"
    ".pic .bold{font-weight:700}"
    ".pic .soft{fill:var(--soft)}"
    ".pic rect{fill:var(--paper);stroke:var(--line)}"
    ".pic .frame{fill:none;stroke:var(--soft);stroke-dasharray:5 4}"
    ".pic .panel{fill:var(--panel);stroke:none}"
    ".pic .wire{fill:none;stroke:var(--soft);stroke-width:1.3}"
    ".pic .way{fill:none;stroke:var(--accent);stroke-width:1.6}"
    ".pic .tip{fill:var(--soft)}"
    ".pic .way-tip{fill:var(--accent)}"
    ".pic .knot{fill:var(--soft)}"
    ".pic .loose rect{stroke-dasharray:3 3;stroke:var(--soft)}"
    ".pic .cell rect{fill:var(--accent);stroke:none}"
    ".pic .few rect{fill-opacity:.1}.pic .some rect{fill-opacity:.18}"
    ".pic .more rect{fill-opacity:.27}.pic .most rect{fill-opacity:.36}"
    ".pic .head rect{fill:var(--panel)}"
    ".pic .grid{stroke:var(--line)}"
    ".pic .bar{fill:var(--accent);stroke:none}"
    ".pic .before{fill:none;stroke:var(--soft);stroke-dasharray:3 2}"
    + "".join(
        f".pic .{mark} rect{{fill:var(--{mark}-bg);stroke:var(--{mark});fill-opacity:1}}"
        f".pic .{mark} .bold,.pic text.{mark}{{fill:var(--{mark})}}"
        f".pic .wire.{mark}{{stroke:var(--{mark});stroke-width:2}}"
        for mark in SIGNS
    )
)

_HEAD: Final = 7
"""Length of the head of an arrow."""


class Canvas:
    """Collects shapes; y goes down, all lengths are pixels at full size."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self._parts: list[str] = []

    def box(self, x: float, y: float, w: float, h: float, kind: str = "", radius: float = 6) -> None:
        """Draw a rectangle."""
        self._parts.append(_rect(x, y, w, h, kind, radius))

    def text(
        self, x: float, y: float, text: str, *, size: float = 11, kind: str = "", anchor: str = "start"
    ) -> None:
        """Write a line whose foot is at y; the caller sees to its width."""
        self._parts.append(_text(x, y, text, size, kind, anchor))

    def turned(self, x: float, y: float, text: str) -> None:
        """Write a line that goes up from a point."""
        self._parts.append(f'<text transform="translate({_n(x)} {_n(y)}) rotate(-90)">{markup(text)}</text>')

    def tile(
        self,
        at: tuple[float, float, float, float],
        lines: Sequence[str],
        *,
        mark: Mark = None,
        hover: str = "",
        strong: int = 1,
        kind: str = "",
    ) -> None:
        """Draw a box (x, y, width, height) with lines of text, the first `strong` ones more prominent.

        Text that has no room ends in an ellipsis; the whole of it shows when the pointer is over the box.
        """
        x, y, w, h = at
        first, *rest = lines
        step = (h - 8) / len(lines)
        texts = [
            _line(x + 8, y + 8 + step * (number + 0.5), line, w - 16, number < strong)
            for number, line in enumerate([f"{SIGNS[mark]} {first}" if mark else first, *rest])
        ]
        title = f"<title>{markup(hover or ' · '.join(lines))}</title>"
        name = " ".join(each for each in ("tile", kind, mark) if each)
        self._parts.append(f'<g class="{name}">{title}{_rect(x, y, w, h, "", 6)}{"".join(texts)}</g>')

    def cell(
        self, at: Point, size: float, text: str, *, mark: Mark = None, hover: str = "", kind: str = ""
    ) -> None:
        """Draw a cell of a matrix with a short text in its middle."""
        x, y = at
        shown = f"{SIGNS[mark]}{text}" if mark else text
        name = " ".join(each for each in ("cell", kind, mark) if each)
        middle = _text(x + size / 2, y + size / 2 + 4, shown, 11, "bold" if mark else "", "middle")
        box = _rect(x + 1, y + 1, size - 2, size - 2, "", 4)
        self._parts.append(f'<g class="{name}"><title>{markup(hover)}</title>{box}{middle}</g>')

    def line(self, points: Sequence[Point], kind: str = "wire", hover: str = "") -> None:
        """Draw a line through points."""
        path = "L".join(f"{_n(x)} {_n(y)}" for x, y in points)
        title = f"<title>{markup(hover)}</title>" if hover else ""
        self._parts.append(f'<path class="{kind}" d="M{path}">{title}</path>')

    def arrow(self, points: Sequence[Point], kind: str = "wire", tip: str = "tip") -> None:
        """Draw a line that ends in an arrow; its last part is level or upright."""
        (x0, y0), (x, y) = points[-2:]
        dx, dy = (x > x0) - (x < x0), (y > y0) - (y < y0)
        back_x, back_y = x - dx * _HEAD, y - dy * _HEAD
        self.line([*points[:-1], (back_x, back_y)], kind)
        corners = ((x, y), (back_x + dy * 4, back_y + dx * 4), (back_x - dy * 4, back_y - dx * 4))
        path = " ".join(f"{_n(a)},{_n(b)}" for a, b in corners)
        self._parts.append(f'<polygon class="{tip}" points="{path}"/>')

    def dot(self, x: float, y: float, kind: str = "knot") -> None:
        """Mark where a line joins another."""
        self._parts.append(f'<circle class="{kind}" cx="{_n(x)}" cy="{_n(y)}" r="3"/>')

    def group(self, kind: str, hover: str) -> None:
        """Begin shapes that belong together, in a box that comes first; `end` ends them."""
        self._parts.append(f'<g class="{kind}"><title>{markup(hover)}</title>')

    def end(self) -> None:
        """End the shapes that belong together."""
        self._parts.append("</g>")

    def legend(self, x: float, y: float, room: float, lines: Iterable[str]) -> float:
        """Write lines that explain a picture, and give where they end."""
        for line in lines:
            self.text(x, y, fit(line, 11, room), kind="soft")
            y += 17
        return y

    def svg(self, w: float, h: float, title: str) -> str:
        """Give the picture; it stands alone, and in a page it takes no style from there."""
        size = f'viewBox="-2 -2 {_n(w + 4)} {_n(h + 4)}" width="{_n(w + 4)}" height="{_n(h + 4)}"'
        style = f"<style>{variables('.pic')}{_STYLE}</style>"
        name = f'class="pic" role="img" aria-label="{markup(title)}"'
        head = f'<svg xmlns="http://www.w3.org/2000/svg" {name} {size}>'
        return "\n".join([f"{head}<title>{markup(title)}</title>{style}", *self._parts, "</svg>"])


def _line(x: float, y: float, text: str, room: float, bold: bool) -> str:
    """Write a line in the largest size in which all of it has room, or else shortened."""
    sizes = (11, 10.5, 10, 9.5, 9) if bold else (10, 9.5, 9)
    size = next((size for size in sizes if width(text, size, bold=bold) <= room), sizes[-1])
    return _text(x, y, fit(text, size, room, bold=bold), size, "bold" if bold else "soft", "start")


def _rect(x: float, y: float, w: float, h: float, kind: str, radius: float) -> str:
    name = f' class="{kind}"' if kind else ""
    return f'<rect{name} x="{_n(x)}" y="{_n(y)}" width="{_n(w)}" height="{_n(h)}" rx="{_n(radius)}"/>'


def _text(x: float, y: float, text: str, size: float, kind: str, anchor: str) -> str:
    name = f' class="{kind}"' if kind else ""
    style = "" if size == 11 else f' style="font-size:{_n(size)}px"'
    place = "" if anchor == "start" else f' text-anchor="{anchor}"'
    return f'<text{name}{style}{place} x="{_n(x)}" y="{_n(y)}">{markup(text)}</text>'


def _n(number: float) -> str:
    """Write a number the same everywhere, with at most one decimal."""
    return f"{round(number, 1):g}"
