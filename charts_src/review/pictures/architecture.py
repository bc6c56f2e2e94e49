"""An environment from above: components by layer, who comes in, and what of AWS they use."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from charts_src.review.pictures import aws, entrances
from charts_src.review.pictures.canvas import Mark
from charts_src.review.pictures.layers import NAMES, layer, stem
from charts_src.review.pictures.marks import components, marks
from charts_src.review.pictures.scene import Scene
from charts_src.review.sides import Side


class Tile(NamedTuple):
    """A component, its definitions included."""

    name: str
    layer: str
    namespaces: tuple[str, ...]
    """Those of its objects, the one with the most of them first."""
    objects: int
    mark: Mark


class Service(NamedTuple):
    """A service of AWS."""

    name: str
    parts: tuple[str, ...]
    mark: Mark


class Use(NamedTuple):
    """An arrow from a layer to a service."""

    layer: str
    service: str
    components: tuple[str, ...]
    mark: Mark


class Entrance(NamedTuple):
    """A load balancer and the layers that it leads to."""

    name: str
    balancer: entrances.Balancer
    layers: tuple[str, ...]
    mark: Mark


class Architecture(NamedTuple):
    """All that the picture shows."""

    cluster: aws.Cluster
    pools: int
    """Node pools of Karpenter."""
    tiles: tuple[Tile, ...]
    services: tuple[Service, ...]
    uses: tuple[Use, ...]
    entrances: tuple[Entrance, ...]


def architecture(scene: Scene) -> Architecture:
    """Read the architecture of the new side, with what the old one had besides."""
    old, new = scene.old, scene.new
    used = [aws.uses(view.side, view.pods) for view in (old, new)]
    side = new.side if new.side.objects else old.side
    return Architecture(
        aws.cluster(side),
        sum(identity.kind == "NodePool" for identity in side.objects),
        tuple(_tiles(scene)),
        tuple(_services(scene, used[0], used[1])),
        tuple(_uses(used[0], used[1])),
        tuple(_entrances(old.side, new.side)),
    )


def _tiles(scene: Scene) -> Iterable[Tile]:
    found: dict[str, list[Mark]] = defaultdict(list)
    for component, mark in components(scene.pair).items():
        found[stem(component)].append(mark)
    spaces: dict[str, Counter[str]] = defaultdict(Counter)
    for identity, located in {**scene.old.side.objects, **scene.new.side.objects}.items():
        spaces[stem(located.component)][identity.namespace] += 1
    tiles = [
        Tile(name, layer(name), _ordered(spaces[name]), spaces[name].total(), _joined(each))
        for name, each in found.items()
    ]
    return sorted(tiles, key=lambda tile: (NAMES.index(tile.layer), tile.name))


def _ordered(spaces: Counter[str]) -> tuple[str, ...]:
    return tuple(sorted((name for name in spaces if name), key=lambda name: (-spaces[name], name)))


def _joined(each: list[Mark]) -> Mark:
    """Give the mark of a component and its definitions."""
    return each[0] if len(set(each)) == 1 else "changed"


def _services(scene: Scene, before: aws.Uses, after: aws.Uses) -> Iterable[Service]:
    old, new = aws.services(scene.old.side, before), aws.services(scene.new.side, after)
    return (Service(name, {**old, **new}[name], mark) for name, mark in sorted(marks(old, new).items()))


def _uses(old: aws.Uses, new: aws.Uses) -> Iterable[Use]:
    before, after = _by_layer(old), _by_layer(new)
    return (Use(*key, {**before, **after}[key], mark) for key, mark in sorted(marks(before, after).items()))


def _by_layer(uses: aws.Uses) -> Mapping[tuple[str, str], tuple[str, ...]]:
    found: dict[tuple[str, str], set[str]] = defaultdict(set)
    for component, service in uses:
        found[layer(component), service].add(stem(component))
    return {key: tuple(sorted(names)) for key, names in found.items()}


def _entrances(before: Side, after: Side) -> Iterable[Entrance]:
    old, new = entrances.balancers(before), entrances.balancers(after)
    for name, mark in sorted(marks(old, new).items()):
        balancer = {**old, **new}[name]
        behind = {layer(each) for each in balancer.components}
        yield Entrance(name, balancer, tuple(each for each in NAMES if each in behind), mark)
