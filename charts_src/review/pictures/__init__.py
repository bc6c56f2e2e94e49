"""Pictures of an environment before and after a pull request, as SVG and as Mermaid."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Final, NamedTuple, TypeVar

from charts_src.review.page import Block, Figure, Section, Text
from charts_src.review.pictures import (
    architecture,
    architecture_mermaid,
    architecture_svg,
    costs,
    pools,
    pools_mermaid,
    pools_svg,
    talk,
    waves,
)
from charts_src.review.pictures.costs import Bar
from charts_src.review.pictures.scene import scene
from charts_src.review.sides import Pair

__all__ = ["Bar", "Drawn", "drawn", "section"]

Data = TypeVar("Data")


_NOT_DRAWN: Final = "Nothing is drawn: an object has not the shape of its kind. make validate says which."

_MISSHAPEN: Final = (AttributeError, IndexError, KeyError, TypeError, ValueError)
"""What an object raises that has not the shape of its kind."""


class Drawn(NamedTuple):
    """What the pictures of an environment show."""

    architecture: architecture.Architecture
    waves: tuple[waves.Wave, ...]
    talk: talk.Talk
    pools: tuple[pools.PoolCard, ...]


def drawn(pair: Pair) -> Drawn | None:
    """Read what there is to draw; None when an object has not the shape of its kind."""
    try:
        seen = scene(pair)
        return Drawn(architecture.architecture(seen), waves.waves(seen), talk.talk(seen), pools.pools(seen))
    except _MISSHAPEN:
        return None


def section(pair: Pair, bars: Mapping[str, Sequence[Bar]] | None = None) -> Section:
    """Draw an environment; `bars` gives a picture of costs for each caption."""
    shown = drawn(pair)
    blocks: Sequence[Block] = [*_figures(pair.name, shown)] if shown else [Text(_NOT_DRAWN)]
    money = [
        Figure(caption, costs.svg(each, caption), costs.mermaid(each, caption))
        for caption, each in (bars or {}).items()
        if each
    ]
    return Section(f"Pictures of {pair.name}", (*blocks, *money))


def _figures(name: str, shown: Drawn) -> Iterator[Figure]:
    above = f"Architecture of {name}"
    yield _figure(above, shown.architecture, architecture_svg.svg, architecture_mermaid.mermaid)
    yield _figure(f"Sync waves of {name}", shown.waves, waves.svg, waves.mermaid)
    yield _figure(f"Who may talk to whom in {name}", shown.talk, talk.svg, talk.mermaid)
    if shown.pools:
        landing = f"Node pools of {name}, and what may land on them"
        yield _figure(landing, shown.pools, pools_svg.svg, pools_mermaid.mermaid)


def _figure(
    caption: str, data: Data, svg: Callable[[Data, str], str], mermaid: Callable[[Data], str]
) -> Figure:
    return Figure(caption, svg(data, caption), mermaid(data))
