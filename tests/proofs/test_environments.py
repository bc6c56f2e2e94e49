"""The rendered environments: everything that must hold of them together does, and every loss shows."""

from pathlib import Path

import pytest

from charts_src import ROOT
from charts_src.config import load
from charts_src.objects import Identity
from charts_src.proofs.closure import unresolved
from charts_src.proofs.report import prove
from charts_src.proofs.tree import Objects, read_objects
from charts_src.references import summarise
from charts_src.state import ENVIRONMENTS

FOLDERS = sorted(path for path in (ROOT / "rendered").iterdir() if path.is_dir())


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda path: path.name)
def test_everything_holds(folder: Path) -> None:
    proofs = prove(read_objects(folder), load(folder.name, ENVIRONMENTS))
    assert proofs.failures == ()
    assert proofs.references > 800
    assert proofs.pods > 60
    assert proofs.connections > 200


def named(objects: Objects) -> dict[tuple[str, str], Identity]:
    """Give an object of each kind that is named, for each kind of object that names it."""
    found: dict[tuple[str, str], Identity] = {}
    for identity, body in objects.items():
        for reference in summarise(body).references:
            if reference.target in objects:
                found.setdefault((identity.kind, reference.target.kind), reference.target)
    return found


@pytest.mark.heavy
def test_deleting_any_one_object_that_is_named_gives_one_failure_with_its_name() -> None:
    env = load("prod", ENVIRONMENTS)
    objects = read_objects(ROOT / "rendered" / "prod")
    edges = named(objects)
    assert len(edges) > 60
    for edge, target in edges.items():
        rest = {identity: body for identity, body in objects.items() if identity != target}
        assert [failure.subject for failure in unresolved(rest, env)] == [str(target)], edge
