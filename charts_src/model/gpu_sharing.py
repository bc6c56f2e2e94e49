"""How the pods of a node pool share its GPUs."""

from collections.abc import Iterable
from typing import Annotated, Literal

from pydantic import Field

from charts_src.lib.gpu_sharing import MIG_PROFILES, Mode, Sharing
from charts_src.lib.instances import InstanceType
from charts_src.model.base import Model, Problem

MigProfile = Literal[
    "1g.10gb",
    "1g.18gb",
    "1g.20gb",
    "2g.20gb",
    "2g.35gb",
    "3g.40gb",
    "3g.71gb",
    "4g.40gb",
    "4g.71gb",
    "7g.80gb",
    "7g.141gb",
]
"""Profiles of H100 and H200."""


class GpuSharing(Model):
    """Several pods on each GPU; without this section a pod has whole GPUs."""

    mode: Mode
    """time-slicing: pods take turns; each may use all memory, and one that fails can take the others along.
    mps: each gets its part of memory and compute; experimental upstream. mig: slices of H100 and H200."""

    replicas: Annotated[int, Field(ge=2, le=48)] | None = None
    """Pods on each GPU, for time-slicing and mps."""

    profile: MigProfile | None = None
    """Slice that each GPU is cut into as often as it goes, for mig."""

    @property
    def sharing(self) -> Sharing:
        """The decision as the device plugin's vocabulary has it."""
        return Sharing(self.mode, self.replicas or 0, self.profile or "")

    def problems(self) -> Iterable[Problem]:
        """Find a size that is missing, and one of the other mode."""
        needed, other = ("profile", "replicas") if self.mode == "mig" else ("replicas", "profile")
        if getattr(self, needed) is None:
            yield Problem((), f"mode {self.mode} needs {needed}; set it")
        if getattr(self, other) is not None:
            yield Problem((other,), f"means nothing with mode {self.mode}; remove it")


def check(section: GpuSharing, types: Iterable[InstanceType]) -> Iterable[Problem]:
    """Find instance types whose GPUs can't be shared in this way; paths start at the section."""
    for item in types:
        if not item.gpus:
            yield Problem((), f"{item.name} has no GPU; remove gpu_sharing")
        elif section.mode == "mig":
            yield from _profile(section, item)


def _profile(section: GpuSharing, item: InstanceType) -> Iterable[Problem]:
    profiles = MIG_PROFILES.get(item.gpu_name)
    if profiles is None:
        able = " and ".join(MIG_PROFILES)
        message = f"the {item.gpu_name} of {item.name} can't be cut as a node starts; {able} can"
        yield Problem(("mode",), message)
    elif section.profile and section.profile not in profiles:
        message = f"the {item.gpu_name} of {item.name} has no such slice; write one of {', '.join(profiles)}"
        yield Problem(("profile",), message)
