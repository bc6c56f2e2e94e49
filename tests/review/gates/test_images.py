"""Images: digests, tags and registries."""

import pytest

from charts_src import config, state
from charts_src.review.gates.images import gate
from tests.review.gates.pairs import edited, found, pair

POD = """apiVersion: v1
kind: Pod
metadata: {name: web, namespace: a}
spec:
  containers:
  - name: main
    image: ghcr.io/one/main:1.2@sha256:0123
"""


@pytest.mark.parametrize(
    ("image", "messages"),
    [
        ("ghcr.io/one/main:1.3@sha256:4567", []),
        (
            "ghcr.io/one/main:1.3",
            [
                "spec.containers[0].image: ghcr.io/one/main:1.3 has lost its digest: its tag may move; "
                "run make "
                "lock-images"
            ],
        ),
        (
            "ghcr.io/one/other:latest",
            ["spec.containers[0].image: ghcr.io/one/other:latest moves; write an exact tag or a digest"],
        ),
        (
            "evil.example.com/main:1@sha256:0123",
            [
                "spec.containers[0].image: evil.example.com/main:1@sha256:0123 comes from a registry "
                "that is not "
                "allowed; use lib/images.image for a mirrored registry, or add it to images.registries"
            ],
        ),
    ],
    ids=["bump", "digest", "tag", "registry"],
)
def test_says_what_is_less_certain(image: str, messages: list[str]) -> None:
    env = config.load("prod", state.ENVIRONMENTS)
    new = edited(POD, "ghcr.io/one/main:1.2@sha256:0123", image)
    assert found(gate, pair(POD, new, env)) == [f"images: Pod a/web: {each}" for each in messages]
    assert found(gate, pair(new, edited(new, "name: web", "name: web, labels: {a: b}"), env)) == []
