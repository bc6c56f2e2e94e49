"""The applications of Argo CD by sync wave."""

from collections import Counter
from collections.abc import Iterator
from itertools import pairwise
from typing import Final, NamedTuple

from charts_src.argocd import AWAITED
from charts_src.objects import Body
from charts_src.review.pictures.canvas import Canvas, Mark
from charts_src.review.pictures.marks import LEGEND, components, counted, marks
from charts_src.review.pictures.mermaid import flowchart, node, signed
from charts_src.review.pictures.metrics import wrap
from charts_src.review.pictures.scene import Scene
from charts_src.review.sides import Side
from charts_src.waves import SYNC_WAVE

_WIDTH: Final = 1160
_LEAST: Final = 132
"""Least width of a column."""
_GAP: Final = 10
_TILE: Final = 46

_MEANING: Final = (
    "Arrow: Argo CD applies the next wave when the applications of the one before are healthy.",
    "Number: objects of the application. A dashed one is not waited for: nothing else needs it.",
)


class Application(NamedTuple):
    """One application."""

    name: str
    objects: int
    awaited: bool
    mark: Mark


class Wave(NamedTuple):
    """What is applied at the same time."""

    number: int
    applications: tuple[Application, ...]


def waves(scene: Scene) -> tuple[Wave, ...]:
    """Read the waves; an application that is removed stands in the wave that it had."""
    old, new = _applications(scene.pair.old), _applications(scene.pair.new)
    touched = components(scene.pair)
    before, after = (
        Counter(each.component for each in side.objects.values()) for side in (scene.pair.old, scene.pair.new)
    )
    found: dict[int, list[Application]] = {}
    for name, mark in sorted(marks(old, new).items()):
        annotations = {**old, **new}[name]["metadata"].get("annotations", {})
        each = Application(
            name,
            after[name] or before[name],
            annotations.get(AWAITED) != "false",
            mark or _changed(touched.get(name)),
        )
        found.setdefault(int(annotations.get(SYNC_WAVE, "0")), []).append(each)
    return tuple(Wave(wave, tuple(found[wave])) for wave in sorted(found))


def _changed(component: Mark) -> Mark:
    return "changed" if component else None


def _applications(side: Side) -> dict[str, Body]:
    return {
        identity.name: located.body
        for identity, located in side.objects.items()
        if identity.kind == "Application" and located.component == "argocd"
    }


def svg(found: tuple[Wave, ...], title: str) -> str:
    """Draw the waves from left to right."""
    canvas = Canvas()
    wide = max(_LEAST, (_WIDTH - _GAP * (len(found) - 1)) / max(len(found), 1))
    end = 0.0
    for number, wave in enumerate(found):
        x = number * (wide + _GAP)
        objects = sum(each.objects for each in wave.applications)
        canvas.tile((x, 2, wide, 40), [f"Wave {wave.number}", counted(objects, "object")], kind="head")
        if number:
            canvas.arrow([(x - _GAP, 22), (x, 22)], "way", "way-tip")
        end = max(end, _column(canvas, wave, x, wide))
    lines = [*_MEANING, *([LEGEND] if any(each.mark for wave in found for each in wave.applications) else [])]
    total = max(_WIDTH, len(found) * (wide + _GAP) - _GAP + 2)
    return canvas.svg(total, canvas.legend(4, end + 22, _WIDTH, lines), title)


def _column(canvas: Canvas, wave: Wave, x: float, wide: float) -> float:
    y = 54.0
    for each in wave.applications:
        name = wrap(f"{each.name} ", 10, wide - 16 - (12 if each.mark else 0), bold=True)
        lines = [*name[:2], f"{each.objects}"]
        hover = f"{each.name}: {counted(each.objects, 'object')}" + (
            "" if each.awaited else ", not waited for"
        )
        kind = "" if each.awaited else "loose"
        at = (x, y, wide, _TILE if len(name) > 1 else _TILE - 12)
        canvas.tile(at, lines, mark=each.mark, hover=hover, strong=len(lines) - 1, kind=kind)
        y += at[3] + 6
    return y


def mermaid(found: tuple[Wave, ...]) -> str:
    """Draw the waves; where some have changes, only applications with changes."""
    return flowchart("LR", _lines(found))


def _lines(found: tuple[Wave, ...]) -> Iterator[str]:
    some = any(each.mark for wave in found for each in wave.applications)
    for wave in found:
        shown = [each for each in wave.applications if each.mark or not some]
        lines = [signed(f"{each.name}: {each.objects}", each.mark) for each in shown]
        rest = len(wave.applications) - len(shown)
        lines += [f"{rest} without changes"] if rest else []
        yield node(
            f"w{wave.number}", f"Wave {wave.number}", *lines, mark="changed" if some and shown else None
        )
    for one, other in pairwise(found):
        yield f"w{one.number} --> w{other.number}"
