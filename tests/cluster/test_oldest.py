"""The oldest Kubernetes that an environment may have takes every object too."""

from pathlib import Path
from typing import get_args

from charts_src.model.base import KubernetesMinor
from tests.cluster.applied import changed, everything
from tools.cluster.plane import api_alone
from tools.cluster.tree import install, render_for, tree


def test_the_oldest_kubernetes_takes_every_object_too(env: str, tmp_path: Path) -> None:
    oldest = min(get_args(KubernetesMinor))
    root = render_for(env, oldest, tmp_path / "repository")
    with api_alone(tmp_path / "plane", oldest) as found:
        assert found.api.version().startswith(f"v{oldest}.")
        first = install(found, tree(env, root))
        assert {str(key): one.warnings for key, one in everything(first).items() if one.warnings} == {}
        assert changed(first, install(found, tree(env, root))) == []
