"""The oldest Kubernetes that an environment may have takes every object too."""

from pathlib import Path
from typing import get_args

import pytest

from charts_src.model.base import KubernetesMinor
from tests.cluster.applied import changed, warned
from tests.cluster.definitions import DEFINITIONS_OF, Defined, define
from tools.cluster.plane import api_alone
from tools.cluster.tree import Wave, install, render_for, tree

OLDEST = min(get_args(KubernetesMinor))


def trees(env: str, folder: Path) -> list[Wave]:
    return tree(env, render_for(env, OLDEST, folder / "repository"))


@pytest.fixture(scope="module")
def defined(tmp_path_factory: pytest.TempPathFactory) -> Defined:
    folder = tmp_path_factory.mktemp("oldest")
    return define(trees(DEFINITIONS_OF, folder), folder / "plane", OLDEST)


def test_the_oldest_kubernetes_takes_every_object_too(defined: Defined, env: str, tmp_path: Path) -> None:
    waves = trees(env, tmp_path)
    with api_alone(tmp_path / "plane", OLDEST, defined.folder) as found:
        assert found.api.version().startswith(f"v{OLDEST}.")
        first = install(found, waves, defined.bodies)
        assert first.objects
        assert warned(first) == {}
        assert changed(first, install(found, waves, defined.left_out_again(env))) == []
