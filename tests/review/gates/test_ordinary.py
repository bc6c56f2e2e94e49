"""Ordinary pull requests raise no gate for slips: a bump, more copies, another pool."""

import re
from collections.abc import Callable

import pytest

from charts_src import workspace
from charts_src.publish import Files
from charts_src.review.gates import definitions, leaps, order, permissions, renames, safeguards
from charts_src.review.read import pair_of

SLIPS = (definitions.gate, leaps.gate, order.gate, permissions.gate, renames.gate, safeguards.gate)


def replaced(files: Files, pattern: str, text: str, where: str = "") -> Files:
    """Replace a pattern in the files whose path has `where`; it has to be somewhere."""
    new = {path: re.sub(pattern, text, own) if where in path else own for path, own in files.items()}
    assert new != files
    return new


def bump(files: Files) -> Files:
    """Give every image of an environment another version."""
    return replaced(files, r"(image: \S+:)v?(\d+)\.", r"\g<1>9\2.")


def bump_that_drops_a_flag(files: Files) -> Files:
    """Give Deployments another version, which has no flags for the election of a leader any more."""
    bumped = replaced(files, r"(image: \S+:)v?(\d+)\.", r"\g<1>9\2.", "/deployment-")
    return replaced(bumped, r"(?m)^.*- --.*leader.*\n", "", "/deployment-")


def more_copies(files: Files) -> Files:
    doubled = replaced(files, r"replicas: 2\b", "replicas: 4", "/deployment-")
    return replaced(doubled, r"maxReplicas: 4\b", "maxReplicas: 8", "/rayservice-")


def more_memory(files: Files) -> Files:
    return replaced(files, r"memory: 256Mi", "memory: 512Mi", "/deployment-")


def another_pool(files: Files) -> Files:
    """Copy a pool and its class under another name, and use other types."""
    new = dict(files)
    for kind in ("nodepool", "ec2nodeclass"):
        text = files[f"node-pools/{kind}-batch.yaml"]
        new[f"node-pools/{kind}-batch-large.yaml"] = re.sub(r"\bname: batch\b", "name: batch-large", text)
    return new


@pytest.fixture(scope="module")
def prod() -> Files:
    return workspace.checked_in("prod")


@pytest.mark.parametrize("request_of", [bump, bump_that_drops_a_flag, more_copies, more_memory, another_pool])
def test_an_ordinary_pull_request_is_no_slip(prod: Files, request_of: Callable[[Files], Files]) -> None:
    both = pair_of("prod", (None, prod), (None, request_of(prod)))
    assert both.changes
    assert [str(finding) for gate in SLIPS for finding in gate(both)] == []
