"""CustomResourceDefinitions, which take an API server longest, taken once for many planes.

Each of those begins with a copy of what the first one stored.
"""

from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from charts_src.objects import Body
from tests.cluster.applied import warned
from tools.cluster.plane import api_alone
from tools.cluster.tree import CRD, Wave, install

DEFINITIONS_OF = "dev"
"""An environment whose definitions all others have too; what one has more, it applies itself."""


class Defined(NamedTuple):
    """Definitions that an API server has taken without a warning."""

    bodies: list[Body]
    folder: Path
    """Of its plane, which has ended."""

    def left_out_again(self, env: str) -> list[Body]:
        """Give those that a second application of an environment leaves out: one applies all again."""
        return [] if env == DEFINITIONS_OF else self.bodies


def define(waves: Iterable[Wave], folder: Path, minor: str = "") -> Defined:
    """Have the API server of a Kubernetes minor, or of the newest, take the definitions of some waves.

    Nothing is done where that was done in this folder before.
    """
    chosen = [wave.where(lambda body: body["kind"] == CRD) for wave in waves]
    if not folder.exists():
        new = folder.with_suffix(".new")
        with api_alone(new, minor) as found:
            assert warned(install(found, chosen)) == {}
        new.rename(folder)
    return Defined([body for wave in chosen for body in wave.objects], folder)
