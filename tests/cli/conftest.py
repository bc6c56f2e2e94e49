import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.copies import COPIED, SOURCE, Copy

FEW = (
    "namespaces",
    "karpenter-crds",
    "karpenter",
    "node-pools",
    "kuberay-crds",
    "kuberay-operator",
    "queues",
    "stable-diffusion",
)
"""Components of most copies: each kind of component once, as all of them take seconds to render."""


def duplicate(source: Path, target: Path) -> Copy:
    subprocess.run(["cp", "-a", "--reflink=auto", source, target], check=True)
    return Copy(target)


@pytest.fixture(scope="session")
def base(tmp_path_factory: pytest.TempPathFactory) -> Copy:
    """A copy with a few components, rendered; tests that write get a copy of it."""
    copy = fresh(tmp_path_factory.mktemp("base") / "repository")
    copy.append(
        "charts_src/registry.py", f"\nCOMPONENTS = tuple(each for each in COMPONENTS if each.name in {FEW})\n"
    )
    copy.render("all")
    return copy


@pytest.fixture(scope="session")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Copy:
    """A copy with all components, rendered; its tests leave it as it was."""
    copy = fresh(tmp_path_factory.mktemp("whole") / "repository")
    copy.render("all")
    return copy


def fresh(root: Path) -> Copy:
    """Copy what is needed to render, without what is rendered."""
    root.mkdir()
    for name in COPIED:
        subprocess.run(["cp", "-a", "--reflink=auto", SOURCE / name, root / name], check=True)
    (root / ".tools").symlink_to(SOURCE / ".tools")
    cache = root.parent / "jsii"  # jsii unpacks its packages there once, for all copies
    cache.mkdir()
    (root / ".cache").mkdir()
    (root / ".cache" / "jsii").symlink_to(cache)
    return Copy(root)


@pytest.fixture
def copy(base: Copy, tmp_path: Path) -> Iterator[Copy]:
    """A copy of one test, with everything rendered."""
    yield duplicate(base.root, tmp_path / "repository")
    shutil.rmtree(tmp_path, ignore_errors=True)


@pytest.fixture(scope="module")
def shared(base: Copy, tmp_path_factory: pytest.TempPathFactory) -> Copy:
    """A copy that the tests of one module share; each leaves it as it was."""
    return duplicate(base.root, tmp_path_factory.mktemp("shared") / "repository")
