"""Pictures of an environment before and after a pull request, as SVG and as Mermaid."""

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple, TypeVar

from charts_src.review.page import Figure, Section
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


class Drawn(NamedTuple):
    """What the pictures of an environment show."""

    architecture: architecture.Architecture
    waves: tuple[waves.Wave, ...]
    talk: talk.Talk
    pools: tuple[pools.PoolCard, ...]


def drawn(pair: Pair) -> Drawn:
    """Read what there is to draw."""
    seen = scene(pair)
    return Drawn(architecture.architecture(seen), waves.waves(seen), talk.talk(seen), pools.pools(seen))


def section(pair: Pair, bars: Mapping[str, Sequence[Bar]] | None = None) -> Section:
    """Draw an environment; `bars` gives a picture of costs for each caption."""
    shown, name = drawn(pair), pair.name
    figures = [
        _figure(
            f"Architecture of {name}", shown.architecture, architecture_svg.svg, architecture_mermaid.mermaid
        ),
        _figure(f"Sync waves of {name}", shown.waves, waves.svg, waves.mermaid),
        _figure(f"Who may talk to whom in {name}", shown.talk, talk.svg, talk.mermaid),
    ]
    if shown.pools:
        caption = f"Node pools of {name}, and what may land on them"
        figures.append(_figure(caption, shown.pools, pools_svg.svg, pools_mermaid.mermaid))
    for caption, each in (bars or {}).items():
        if each:
            figures.append(Figure(caption, costs.svg(each, caption), costs.mermaid(each, caption)))
    return Section(f"Pictures of {name}", tuple(figures))


def _figure(
    caption: str, data: Data, svg: Callable[[Data, str], str], mermaid: Callable[[Data], str]
) -> Figure:
    return Figure(caption, svg(data, caption), mermaid(data))
