"""What pictures are made of: both sides of an environment, with the pods that each leads to."""

from typing import NamedTuple

from charts_src.objects import Body, Identity
from charts_src.proofs.pods import Pod, all_pods
from charts_src.proofs.report import notebooks
from charts_src.review.sides import Pair, Side


class View(NamedTuple):
    """One side."""

    side: Side
    bodies: dict[Identity, Body]
    pods: tuple[Pod, ...]
    """Every pod, notebooks too where the environment can be read."""


class Scene(NamedTuple):
    """Both sides."""

    pair: Pair
    old: View
    new: View


def scene(pair: Pair) -> Scene:
    """Read what pictures need, once for all of them."""
    new = _view(pair.new)
    return Scene(pair, new if pair.old == pair.new else _view(pair.old), new)


def _view(side: Side) -> View:
    bodies = side.bodies()
    return View(side, bodies, (*all_pods(bodies.values()), *(notebooks(side.env) if side.env else ())))
