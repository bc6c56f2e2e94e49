"""An environment, typed: the shape, default, documentation and limits of every decision in environments/."""

from charts_src.model.base import Model, Problem
from charts_src.model.environment import Environment

__all__ = ["Environment", "Model", "Problem"]
