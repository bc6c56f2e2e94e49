"""The learning rate of each step: a straight warm-up, then half a cosine down to a tenth of the peak."""

import math

WARM_UP = 2000
"""Longest warm-up in steps; it is at most a tenth of the training."""

FLOOR = 0.1
"""Share of the peak at the end."""


def rate(step: int, steps: int, peak: float) -> float:
    """Give the learning rate of step 0 to steps - 1."""
    warm_up = min(WARM_UP, steps // 10)
    if step < warm_up:
        return peak * (step + 1) / warm_up
    done = (step - warm_up) / max(1, steps - 1 - warm_up)
    return peak * (FLOOR + (1 - FLOOR) * (1 + math.cos(math.pi * min(1.0, done))) / 2)
