"""Two sides of an environment made of a few lines of YAML."""

from charts_src.model import Environment
from charts_src.publish import Files
from charts_src.review.gates import GATES, Gate, of_cluster
from charts_src.review.read import pair_of
from charts_src.review.sides import Pair


def pair(old: str | Files, new: str | Files, env: Environment | None = None) -> Pair:
    """Give an environment before and after; a text is the component `app`."""
    before, after = ({"app/objects.yaml": side} if isinstance(side, str) else side for side in (old, new))
    return pair_of("prod", (env, before), (env, after))


def edited(text: str, old: str, new: str) -> str:
    """Replace what has to be there."""
    assert old in text
    return text.replace(old, new)


def found(gate: Gate, both: Pair) -> list[str]:
    """Give what one gate, which has to be listed, finds."""
    assert gate in GATES
    return [str(each) for each in gate(of_cluster(both))]
