"""The section of what the API server refuses."""

from typing import Literal

from charts_src.model.base import Model


class Security(Model):
    """What the API server itself demands of pods, however they come to be."""

    admission: Literal["enforce", "audit"] = "enforce"
    """enforce: a pod that breaks a rule is refused. audit: it is let in, with a warning to whoever made it
    and a note in the audit log; to find out what would break."""
