"""Every exception is needed: without it a rule would find the object that it names."""

import pytest

from charts_src import ROOT
from charts_src.policy import exceptions, violations
from charts_src.policy.exceptions import EXCEPTIONS
from charts_src.proofs.access import cluster_wide_secrets
from charts_src.proofs.tree import Objects, read_objects

ONLY_WHERE_ASKED_FOR = {
    ("restricted", "DaemonSet", "gpu-feature-discovery"),  # a pool with gpu_sharing.mode mig
    ("restricted", "DaemonSet", "nvidia-mps-control-daemon"),  # a pool with gpu_sharing.mode mps
}
"""Exceptions that no environment of this repository needs."""


@pytest.fixture(scope="module")
def objects() -> Objects:
    folders = (path for path in (ROOT / "rendered").iterdir() if path.is_dir())
    return {identity: body for folder in folders for identity, body in read_objects(folder).items()}


@pytest.mark.parametrize("exception", sorted(EXCEPTIONS.keys() - ONLY_WHERE_ASKED_FOR), ids="/".join)
def test_without_the_exception_its_rule_finds_the_object(
    exception: tuple[str, str, str], objects: Objects, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delitem(exceptions.EXCEPTIONS, exception)
    rule, kind, name = exception
    named = [body for key, body in objects.items() if (key.kind, key.name) == (kind, name)]
    assert named, "no environment has it"
    if rule == "cluster_wide_secrets":
        assert [found.subject for found in cluster_wide_secrets(objects)] == [f"{kind} {name}"]
    else:
        assert any([*violations(body)] for body in named)


def test_every_exception_gives_a_reason() -> None:
    assert all(len(reason) > 20 for reason in EXCEPTIONS.values())
