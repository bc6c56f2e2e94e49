"""Digests come from a real registry, here one on this machine, and reach the manifests."""

import json
import subprocess
import tarfile
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import pytest

from charts_src.errors import UserError
from charts_src.image_lock import CRANE, lock
from charts_src.lib import images
from tests.ray_environment import environment
from tests.registry import serving


@pytest.fixture(scope="module")
def registry(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Start a registry that has the image tool:1.0."""
    layer = tmp_path_factory.mktemp("registry") / "layer.tar"
    with tarfile.open(layer, "w") as archive:
        archive.add(__file__, "file")
    with serving() as address:
        tag = f"{address}/tool:1.0"
        subprocess.run(
            [CRANE, "append", "--new_layer", layer, "--new_tag", tag], capture_output=True, check=True
        )
        yield address


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "images.lock.json"
    path.write_text('{"example.com/gone:1": "sha256:0"}')
    return path


def test_the_digest_of_an_image_is_locked_and_a_forgotten_one_goes(registry: str, file: Path) -> None:
    reference = f"{registry}/tool:1.0"
    manifest = subprocess.run([CRANE, "manifest", reference], capture_output=True, check=True).stdout
    digest = f"sha256:{sha256(manifest).hexdigest()}"
    lines = lock([reference], CRANE, file)
    assert json.loads(file.read_text()) == {reference: digest}
    assert lines == [f"{reference} {digest}", "example.com/gone:1 removed"]
    assert lock([reference], CRANE, file) == []


def test_an_image_that_the_registry_does_not_have_leaves_the_lock_as_it_was(
    registry: str, file: Path
) -> None:
    before = file.read_bytes()
    with pytest.raises(UserError, match=r"/tool:2\.0: .*MANIFEST_UNKNOWN"):
        lock([f"{registry}/tool:1.0", f"{registry}/tool:2.0"], CRANE, file)
    assert file.read_bytes() == before


def test_a_missing_crane_says_what_builds_it(file: Path, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="run make lock-images, which builds it"):
        lock(["example.com/tool:1.0"], tmp_path / "crane", file)


def test_a_locked_image_carries_its_digest_through_a_mirror(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(images, "digests", lambda: {"quay.io/kuberay/operator:v1.6.2": "sha256:1f"})
    mirrored = environment(images={"mirrors": {"quay.io": "mirror.example.com/quay"}})
    assert images.image(mirrored, "quay.io/kuberay/operator:v1.6.2") == (
        "mirror.example.com/quay/kuberay/operator:v1.6.2@sha256:1f"
    )
    assert images.image(environment(), "quay.io/kuberay/operator:v1.6.2") == (
        "quay.io/kuberay/operator:v1.6.2@sha256:1f"
    )


def test_an_image_without_a_digest_keeps_its_tag() -> None:
    assert images.image(environment(), "quay.io/kuberay/operator:v1.6.2") == "quay.io/kuberay/operator:v1.6.2"
