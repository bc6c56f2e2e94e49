"""What the review says of what is proven."""

from datetime import date

import pytest

from charts_src import ROOT
from charts_src.config import load
from charts_src.diff.parse import Located
from charts_src.ledger import pins
from charts_src.objects import Identity
from charts_src.proofs.tree import objects_of
from charts_src.publish import Files
from charts_src.review.page import Folded, Table, Text
from charts_src.review.proofs import Proven, proven, section
from charts_src.review.sides import Pair, Side
from charts_src.state import ENVIRONMENTS

FOLDER = ROOT / "rendered" / "dev"
TODAY = date(2026, 11, 29)


@pytest.fixture(scope="module")
def files() -> Files:
    paths = sorted(FOLDER.rglob("*.yaml"))
    return {path.relative_to(FOLDER).as_posix(): path.read_text(encoding="utf-8") for path in paths}


def pair(files: Files) -> Pair:
    objects = {identity: Located("x/y.yaml", body) for identity, body in objects_of(files).items()}
    side = Side(load("dev", ENVIRONMENTS), files, objects)
    return Pair("dev", Side(None, {}, {}), side, ())


def table(found: Proven, number: int = 1) -> Table:
    block = section(found).blocks[number]
    assert isinstance(block, Table)
    return block


def test_an_environment_that_holds_passes_each_proof(files: Files) -> None:
    found = proven([pair(files)], TODAY)
    written = section(found)
    assert not written.alarm
    assert isinstance(written.blocks[0], Text)
    assert written.blocks[0].text.startswith("Everything holds. dev: ")
    assert {row[2] for row in table(found).rows} == {"pass"}
    assert table(found).header == ("proof", "what must hold", "dev")


def test_who_gets_which_devices_is_a_table_on_demand(files: Files) -> None:
    folded = section(proven([pair(files)], TODAY)).blocks[-1]
    assert isinstance(folded, Folded)
    (devices,) = folded.blocks
    assert isinstance(devices, Table)
    assert (
        "ConfigMap jupyterhub/hub: profile inferentia",
        "1",
        "inferentia (inf2.xlarge)",
        "1 of 1 aws.amazon.com/neuron",
    ) in devices.rows


def test_a_failure_names_environment_proof_object_and_reason(files: Files) -> None:
    lost = {path: text for path, text in files.items() if not path.endswith("/serviceaccount-karpenter.yaml")}
    found = proven([pair(lost)], TODAY)
    assert section(found).alarm
    rows = {row[0]: row[2] for row in table(found).rows}
    assert (rows["references"], rows["placement"]) == ("1 failed", "pass")
    (failure,) = table(found, 2).rows
    assert failure[:3] == ("dev", "references", "ServiceAccount karpenter/karpenter")


def test_an_object_without_a_shape_leaves_the_other_proofs_open(files: Files) -> None:
    path = next(each for each in files if each.endswith("/deployment-karpenter.yaml"))
    head = files[path].partition("\nspec:")[0]
    found = proven([pair(files | {path: f"{head}\nspec: none\n"})], TODAY)
    results = {row[0]: row[2] for row in table(found).rows}
    assert (results["shape"], results["placement"]) == ("1 failed", "-")


def test_what_is_past_its_support_on_the_day_of_the_commit_fails(files: Files) -> None:
    last = max(each.supported_until for each in pins() if each.supported_until)
    found = proven([pair(files)], date(last.year + 1, last.month, 1))
    assert section(found).alarm
    assert table(found).rows[-1][0] == "expiry"
    assert "failed" in table(found).rows[-1][2]


def test_an_environment_that_is_no_more_is_left_out(files: Files) -> None:
    gone = pair(files)
    assert proven([gone._replace(new=Side(None, {}, {}))], TODAY).environments == ()


def test_applications_of_argo_cd_are_not_part_of_what_is_proven(files: Files) -> None:
    own = pair(files)
    body = {"apiVersion": "argoproj.io/v1alpha1", "kind": "Application", "metadata": {"name": "x"}}
    extra = {Identity.of(body): Located("argocd/x.yaml", body)}
    with_it = own._replace(new=own.new._replace(objects=own.new.objects | extra))
    assert proven([with_it], TODAY) == proven([own], TODAY)
