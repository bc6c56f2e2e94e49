"""Node pools as Mermaid."""

from collections import Counter
from collections.abc import Iterator

from charts_src.review.pictures.mermaid import flowchart, node
from charts_src.review.pictures.pools import PoolCard, lines, pod_text


def mermaid(cards: tuple[PoolCard, ...]) -> str:
    """Draw changed pools with their changed pods, or if none is changed all of them with namespaces."""
    return flowchart("LR", _lines(cards))


def _lines(cards: tuple[PoolCard, ...]) -> Iterator[str]:
    some = [card for card in cards if card.mark]
    places: dict[str, str] = {}
    for number, card in enumerate(some or cards):
        yield node(f"p{number}", card.name, *(text for text, _ in lines(card)), mark=card.mark)
        if some:
            changed = [lander for lander in card.landers if lander.mark]
            for index, lander in enumerate(changed):
                yield f"p{number} --> {node(f'p{number}_{index}', pod_text(lander), mark=lander.mark)}"
            continue
        spaces = Counter(lander.name.partition("/")[0].partition(":")[0] for lander in card.landers)
        for space, pods in sorted(spaces.items()):
            name = places.setdefault(space, f"n{len(places)}")
            yield f"p{number} -- {pods} --> {node(name, space)}"
