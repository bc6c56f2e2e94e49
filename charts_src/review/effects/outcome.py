"""What a change makes of pods that run."""

from typing import Literal, NamedTuple

When = Literal["now", "beside", "nodes", "ends", "next run", "later", "never"]
"""When running pods give way.

now: right after the merge, rolling or all at once. beside: new pods first, then the old ones end. nodes: as
Karpenter replaces their nodes. ends: they are removed. next run: what runs goes on, the next run is new.
later: only when something else restarts them. never: it takes effect in running pods.
"""

ENDING: tuple[When, ...] = ("now", "beside", "nodes", "ends")
"""What costs running pods."""


class Outcome(NamedTuple):
    """When pods give way to new ones, and how."""

    when: When
    how: str
