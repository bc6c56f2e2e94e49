"""The architecture as Mermaid."""

from collections.abc import Iterator
from itertools import groupby

from charts_src.review.pictures.architecture import Architecture
from charts_src.review.pictures.layers import NAMES
from charts_src.review.pictures.mermaid import flowchart, label, node, signed


def mermaid(picture: Architecture) -> str:
    """Draw the layers with their components, and arrows from them to what they use."""
    return flowchart("LR", _lines(picture))


def _lines(picture: Architecture) -> Iterator[str]:
    services = {service.name: f"s{number}" for number, service in enumerate(picture.services)}
    for name, tiles in groupby(picture.tiles, key=lambda tile: tile.layer):
        inside = list(tiles)
        names = (signed(tile.name, tile.mark) for tile in inside)
        yield node(_layer(name), name, *names, mark="changed" if any(tile.mark for tile in inside) else None)
    for service in picture.services:
        yield node(services[service.name], service.name, *service.parts, mark=service.mark)
    for number, entrance in enumerate(picture.entrances):
        yield node(f"a{number}", f"ALB {entrance.name}", entrance.balancer.scheme, mark=entrance.mark)
        yield from (f"a{number} --> {_layer(name)}" for name in entrance.layers)
    for use in picture.uses:
        arrow = f"-. {label(use.mark, mark=use.mark)} .->" if use.mark else "-.->"
        yield f"{_layer(use.layer)} {arrow} {services[use.service]}"


def _layer(name: str) -> str:
    return f"l{NAMES.index(name)}"
