"""What the nodes of an environment may cost, what they are expected to cost, and whether they are enough."""

from charts_src.review.cost.change import PairCost
from charts_src.review.cost.section import costs, section

__all__ = ["PairCost", "costs", "section"]
