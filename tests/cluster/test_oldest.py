"""The oldest Kubernetes that an environment may have takes every object too."""

from pathlib import Path
from typing import NamedTuple, get_args

import pytest

from charts_src.model.base import KubernetesMinor
from charts_src.objects import Body
from tests.cluster.applied import changed, everything
from tools.cluster.plane import Plane, api_alone
from tools.cluster.tree import CRD, Wave, install, render_for, tree, wait_established

OLDEST = min(get_args(KubernetesMinor))


class Defined(NamedTuple):
    """Definitions that the API server has, and the folder of the plane that got them."""

    bodies: list[Body]
    folder: Path


def trees(env: str, folder: Path) -> list[Wave]:
    return tree(env, render_for(env, OLDEST, folder / "repository"))


def takes(plane: Plane, waves: list[Wave]) -> None:
    """Apply twice: the first time nothing is warned of, the second changes nothing."""
    assert plane.api.version().startswith(f"v{OLDEST}.")
    first = install(plane, waves)
    assert first.objects
    assert {str(key): one.warnings for key, one in everything(first).items() if one.warnings} == {}
    assert changed(first, install(plane, waves)) == []


@pytest.fixture(scope="module")
def defined(tmp_path_factory: pytest.TempPathFactory) -> Defined:
    """Give what is left of a plane that took the definitions of dev; most of an environment are those."""
    folder = tmp_path_factory.mktemp("oldest")
    waves = trees("dev", folder)
    bodies = [body for wave in waves for body in wave.objects if body["kind"] == CRD]
    with api_alone(folder / "plane", OLDEST) as found:
        takes(found, [wave.where(lambda body: body in bodies) for wave in waves])
    return Defined(bodies, folder / "plane")


def test_the_oldest_kubernetes_takes_every_object_too(defined: Defined, env: str, tmp_path: Path) -> None:
    waves = [wave.where(lambda body: body not in defined.bodies) for wave in trees(env, tmp_path)]
    with api_alone(tmp_path / "plane", OLDEST, defined.folder) as found:
        for body in defined.bodies:
            wait_established(found.api, body)
        takes(found, waves)
