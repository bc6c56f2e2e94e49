"""The architecture as SVG: people and Git to the left, the cluster in the middle, AWS to the right."""

from collections.abc import Sequence
from itertools import groupby
from typing import Final, NamedTuple

from charts_src.diff.summary import SIGNS
from charts_src.review.pictures.architecture import Architecture, Service, Tile, Use
from charts_src.review.pictures.canvas import Canvas, Point
from charts_src.review.pictures.marks import LEGEND, counted

WIDTH: Final = 1160
_SIDE: Final = 136
"""Width of the boxes to the left."""
_FRAME: Final = (160.0, 880.0)
"""Where the frame of the cluster begins and ends."""
_BAND: Final = (170.0, 870.0)
"""Where the bands of layers begin and end."""
_LABEL: Final = 100
_TILE: Final = (192.0, 36.0)
_GAP: Final = 8
_COLUMNS: Final = 3
_LANE: Final = 9
"""Distance of the lines that go up and down between the cluster and AWS."""
_SERVICES: Final = (994.0, 166.0)
"""Where the boxes of AWS begin, and their width."""
_TOP: Final = 88.0

_MEANING: Final = (
    "Blue arrow: a request of a person, through a load balancer, to a component with an Ingress;",
    "and from Git: what Argo CD applies.",
    "Grey arrow: a component of the layer uses the service, by an IAM role, a volume, or an image of ours.",
    "Under a component: how many objects it has, and the namespace with most of them, +1 for each other one.",
    "Services that controllers only look things up in are not drawn.",
)


class _Band(NamedTuple):
    layer: str
    tiles: list[Tile]
    y: float
    height: float


def svg(picture: Architecture, title: str) -> str:
    """Draw the architecture."""
    canvas = Canvas()
    bands = _bands(picture)
    bottom = bands[-1].y + bands[-1].height if bands else _TOP
    canvas.box(_FRAME[0], 6, _FRAME[1] - _FRAME[0], bottom + 6, "frame", 10)
    _heading(canvas, picture)
    for band in bands:
        _draw(canvas, band)
    _entrances(canvas, picture, bands)
    end = _services(canvas, picture, bands, bottom)
    lines = [*_MEANING, *([LEGEND] if _marked(picture) else [])]
    return canvas.svg(WIDTH, canvas.legend(4, max(bottom, end) + 34, WIDTH - 8, lines), title)


def _marked(picture: Architecture) -> bool:
    groups = (picture.tiles, picture.services, picture.uses, picture.entrances)
    return any(part.mark for group in groups for part in group)


def _bands(picture: Architecture) -> list[_Band]:
    bands, y = [], _TOP
    for name, group in groupby(picture.tiles, key=lambda tile: tile.layer):
        tiles = list(group)
        rows = -(-len(tiles) // _COLUMNS)
        height = rows * (_TILE[1] + _GAP) + _GAP
        bands.append(_Band(name, tiles, y, height))
        y += height + _GAP
    return bands


def _heading(canvas: Canvas, picture: Architecture) -> None:
    cluster = picture.cluster
    where = f"VPC {cluster.network}, {len(cluster.zones)} zones in {cluster.region}, NAT: {cluster.nat}"
    canvas.text(_BAND[0], 26, f"EKS {cluster.name or 'cluster'} {cluster.version}", kind="bold", size=13)
    if cluster.name:
        canvas.text(_BAND[1], 26, where, kind="soft", anchor="end")
    boxes = (
        ("Argo CD", cluster.argocd),
        ("API server", cluster.api),
        ("Managed nodes", cluster.nodes),
        ("Karpenter", counted(picture.pools, "node pool")),
    )
    wide = (_BAND[1] - _BAND[0] - 3 * _GAP) / 4
    for number, (name, what) in enumerate(boxes):
        canvas.tile((_BAND[0] + number * (wide + _GAP), 38, wide, 40), [name, what or "-"])


def _draw(canvas: Canvas, band: _Band) -> None:
    canvas.box(_BAND[0], band.y, _BAND[1] - _BAND[0], band.height, "panel", 8)
    canvas.text(_BAND[0] + 10, band.y + band.height / 2 + 4, band.layer, kind="bold")
    for number, tile in enumerate(band.tiles):
        row, column = divmod(number, _COLUMNS)
        x = _BAND[0] + _LABEL + column * (_TILE[0] + _GAP)
        y = band.y + _GAP + row * (_TILE[1] + _GAP)
        spaces = ", ".join(tile.namespaces) or "cluster"
        hover = f"{tile.name}: {counted(tile.objects, 'object')}; namespaces: {spaces}"
        lines = [tile.name, f"{tile.objects} in {_short(tile.namespaces)}"]
        canvas.tile((x, y, *_TILE), lines, mark=tile.mark, hover=hover)


def _short(namespaces: Sequence[str]) -> str:
    more = f" +{len(namespaces) - 1}" if len(namespaces) > 1 else ""
    return f"{namespaces[0]}{more}" if namespaces else "cluster"


def _entrances(canvas: Canvas, picture: Architecture, bands: Sequence[_Band]) -> None:
    canvas.tile((0, 38, _SIDE, 40), ["Git", "rendered/, argocd/"])
    canvas.arrow([(_SIDE, 58), (_BAND[0], 58)], "way", "way-tip")
    if not picture.entrances:
        return
    canvas.tile((0, 104, _SIDE, 32), ["People"])
    y, lane = 168.0, _SIDE + 6.0
    for entrance in picture.entrances:
        balancer = entrance.balancer
        login = " or ".join(name for name in balancer.logins if name != "none") or "no login"
        lines = [f"ALB {entrance.name}", f"{balancer.scheme}, {login}", counted(len(balancer.hosts), "host")]
        hover = f"Hosts: {', '.join(balancer.hosts)}"
        canvas.tile((0, y, _SIDE, 54), lines, mark=entrance.mark, hover=hover)
        for band in (band for band in bands if band.layer in entrance.layers):
            middle = band.y + band.height / 2
            canvas.arrow(
                [(_SIDE, y + 27), (lane, y + 27), (lane, middle), (_BAND[0], middle)], "way", "way-tip"
            )
        y, lane = y + 70, lane + 6
    canvas.arrow([(_SIDE / 2, 136), (_SIDE / 2, 168)], "way", "way-tip")


def _services(canvas: Canvas, picture: Architecture, bands: Sequence[_Band], bottom: float) -> float:
    """Draw the services from top to bottom as their users stand, and give where they end."""
    order = sorted(picture.services, key=lambda service: (_middle(service, picture, bands), service.name))
    heights = [24.0 + 13 * len(service.parts) for service in order]
    gap = min(max((bottom - 38 - sum(heights)) / max(len(order) - 1, 1), _GAP), 90)
    starts = _starts(picture, bands, [service.name for service in order])
    y = 38.0
    for number, (service, height) in enumerate(zip(order, heights, strict=True)):
        x, lane = _SERVICES[0], _FRAME[1] + 10 + number * _LANE
        uses = [use for use in picture.uses if use.service == service.name]
        middle = _entry([starts[use.layer, use.service] for use in uses], y, height)
        for use in uses:
            _wire(canvas, use, [(_BAND[1], starts[use.layer, use.service]), (lane, middle)])
        if uses:
            canvas.arrow([(lane, middle), (x, middle)])
        hover = f"{service.name}: {', '.join(service.parts)}" if service.parts else service.name
        at = (x, y, _SERVICES[1], height)
        canvas.tile(at, [service.name, *service.parts], mark=service.mark, hover=hover)
        y += height + gap
    return y - gap


def _wire(canvas: Canvas, use: Use, ends: Sequence[Point]) -> None:
    """Draw a line from a layer to the lane of a service, and along it."""
    (x, start), (lane, middle) = ends
    hover = f"{use.layer} uses {use.service}: {', '.join(use.components)}"
    canvas.line([(x, start), (lane, start), (lane, middle)], f"wire {use.mark or ''}".strip(), hover)
    canvas.dot(lane, start)
    if use.mark:
        canvas.text(x + 1, start - 3, SIGNS[use.mark], kind=f"bold {use.mark}")


def _entry(starts: Sequence[float], y: float, height: float) -> float:
    """Give the height at which the arrow enters a box: straight on from a single user beside it."""
    beside = len(starts) == 1 and y + 6 < starts[0] < y + height - 6
    return starts[0] if beside else y + height / 2


def _middle(service: Service, picture: Architecture, bands: Sequence[_Band]) -> float:
    """Give the height at which the users of a service are, on the average."""
    layers = {use.layer for use in picture.uses if use.service == service.name}
    heights = [band.y + band.height / 2 for band in bands if band.layer in layers]
    return sum(heights) / len(heights) if heights else 0


def _starts(
    picture: Architecture, bands: Sequence[_Band], order: Sequence[str]
) -> dict[tuple[str, str], float]:
    """Give the height at which each arrow leaves its band."""
    found = {}
    for band in bands:
        used = {use.service for use in picture.uses if use.layer == band.layer}
        services = [name for name in order if name in used]
        for number, name in enumerate(services, start=1):
            found[band.layer, name] = band.y + band.height * number / (len(services) + 1)
    return found
