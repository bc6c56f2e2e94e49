"""Who may talk to whom, by namespace, as the network policies allow it."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Final, NamedTuple

from charts_src.proofs.connections import Connection, matrix
from charts_src.review.pictures import aws
from charts_src.review.pictures.canvas import Canvas, Mark
from charts_src.review.pictures.marks import LEGEND, marks
from charts_src.review.pictures.mermaid import flowchart, label, node
from charts_src.review.pictures.metrics import fit, width
from charts_src.review.pictures.scene import Scene

_CELL: Final = 30
_MOST_HOVERED: Final = 40
"""Connections that are listed where the pointer is."""

_STEPS: Final = ((8, "most"), (4, "more"), (2, "some"), (1, "few"))
"""Number of connections from which on a cell is darker."""

_MEANING: Final = (
    "A row may open connections to a column: so many pairs of pods, or of a pod and an address range.",
    "Hover over a cell for the pods and ports. DNS, which all may ask, is left out.",
)


class Cell(NamedTuple):
    """The connections from one place to another."""

    source: str
    target: str
    connections: tuple[Connection, ...]
    """Those of the new side, or of the old one where all are gone."""
    mark: Mark


class Talk(NamedTuple):
    """All connections."""

    places: tuple[str, ...]
    """Namespaces, then address ranges."""
    names: Mapping[str, str]
    """Address range -> what it is."""
    cells: tuple[Cell, ...]


def talk(scene: Scene) -> Talk:
    """Read the connections of both sides."""
    old, new = _by_place(matrix(scene.old.bodies)), _by_place(matrix(scene.new.bodies))
    cells = tuple(Cell(*key, {**old, **new}[key], mark) for key, mark in sorted(marks(old, new).items()))
    places = {place for cell in cells for place in (cell.source, cell.target)}
    cluster = aws.cluster(scene.new.side)
    names = {"0.0.0.0/0": "anywhere", "169.254.170.23/32": "Pod Identity agent"}
    names |= {cluster.network: "the VPC", cluster.service_network: "Services"}
    return Talk(tuple(sorted(places, key=lambda place: (place[0].isdigit(), place))), names, cells)


def _by_place(connections: list[Connection]) -> dict[tuple[str, str], tuple[Connection, ...]]:
    found: dict[tuple[str, str], list[Connection]] = defaultdict(list)
    for each in connections:
        found[_place(each.source), _place(each.target)].append(each)
    return {key: tuple(each) for key, each in found.items()}


def _place(end: str) -> str:
    """Give the namespace of a pod; an address range is a place of its own."""
    return end if end[0].isdigit() else end.partition("/")[0]


def svg(found: Talk, title: str) -> str:
    """Draw a matrix."""
    canvas = Canvas()
    sources = _used(found, {cell.source for cell in found.cells})
    targets = _used(found, {cell.target for cell in found.cells})
    named = {place: _name(found, place) for place in found.places}
    left = max((width(named[place], 11) for place in sources), default=0) + 10
    top = max((width(named[place], 11) for place in targets), default=0) + 10
    right, bottom = left + len(targets) * _CELL, top + len(sources) * _CELL
    for number, place in enumerate(sources):
        y = top + number * _CELL
        canvas.line([(0, y), (right, y)], "grid")
        canvas.text(left - 8, y + _CELL / 2 + 4, named[place], anchor="end")
    for number, place in enumerate(targets):
        x = left + number * _CELL
        canvas.line([(x, top - 4), (x, bottom)], "grid")
        canvas.turned(x + _CELL / 2 + 4, top - 6, named[place])
    for cell in found.cells:
        at = left + targets.index(cell.target) * _CELL, top + sources.index(cell.source) * _CELL
        _draw(canvas, at, cell)
    lines = [*_MEANING, *([LEGEND] if any(cell.mark for cell in found.cells) else [])]
    wide = max(right + 2, *(width(line, 11) + 8 for line in lines))
    return canvas.svg(wide, canvas.legend(4, bottom + 24, wide, lines), title)


def _used(found: Talk, places: set[str]) -> list[str]:
    return [place for place in found.places if place in places]


def _name(found: Talk, place: str) -> str:
    return f"{found.names[place]} ({place})" if place in found.names else fit(place, 11, 230)


def _draw(canvas: Canvas, at: tuple[float, float], cell: Cell) -> None:
    number = len(cell.connections)
    shown = [f"{each.source} to {each.target}: {each.ports}" for each in cell.connections[:_MOST_HOVERED]]
    kind = next(kind for least, kind in _STEPS if number >= least)
    canvas.cell(at, _CELL, str(number), mark=cell.mark, hover="\n".join(shown), kind=kind)


def mermaid(found: Talk) -> str:
    """Draw an arrow for each changed cell, or if none is changed for each between two namespaces."""
    return flowchart("LR", _lines(found))


def _lines(found: Talk) -> Iterator[str]:
    some = any(cell.mark for cell in found.cells)
    shown = [cell for cell in found.cells if (cell.mark if some else _between_namespaces(cell))]
    ends = {place for cell in shown for place in (cell.source, cell.target)}
    names = {place: f"n{number}" for number, place in enumerate(found.places)}
    yield from (node(names[place], _name(found, place)) for place in found.places if place in ends)
    for cell in shown:
        text = label(str(len(cell.connections)), mark=cell.mark)
        yield f"{names[cell.source]} -- {text} --> {names[cell.target]}"


def _between_namespaces(cell: Cell) -> bool:
    return cell.source != cell.target and not cell.source[0].isdigit() and not cell.target[0].isdigit()
