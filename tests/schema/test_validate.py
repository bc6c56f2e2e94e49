"""kubeconform over whole files: every known-bad sample fails for its own reason, the good ones pass."""

import json
import re
from pathlib import Path

import pytest
from jsonschema import Draft4Validator

from charts_src import ROOT
from charts_src.errors import UserError
from charts_src.schema.layout import SCHEMAS
from charts_src.schema.sources import KUBERNETES
from charts_src.validate import Report, validate

KUBECONFORM = ROOT / ".tools" / "bin" / "kubeconform"  # make builds it from tools/go
BAD = ROOT / "tests" / "known_bad"
GOOD = Path(__file__).parent / "good"
STRICT = sorted(path for path in SCHEMAS.rglob("*/*.json") if path.parent.name != "crds")
SAMPLES = sorted(path.name for path in BAD.iterdir())


@pytest.fixture(scope="session")
def report() -> Report:
    return validate([BAD], "1.36", KUBECONFORM)


def test_there_are_samples_for_a_dozen_reasons() -> None:
    assert len(SAMPLES) >= 12


@pytest.mark.parametrize("sample", SAMPLES)
def test_a_known_bad_sample_fails_for_the_reason_that_it_states(sample: str, report: Report) -> None:
    expected = (BAD / sample).read_text().splitlines()[0].removeprefix("# Fails with: ")
    found = [problem.message for problem in report.problems if Path(problem.path).name == sample]
    assert found == [expected]


def test_a_problem_names_file_kind_and_object(report: Report) -> None:
    text = str(report)
    path = BAD / "deployment-wrong-type.yaml"
    assert f"{path}: Deployment a: at '/spec/replicas': got string, want integer" in text.splitlines()
    assert not report.ok


@pytest.mark.parametrize("minor", KUBERNETES)
def test_good_objects_pass_under_every_kubernetes(minor: str) -> None:
    assert validate([GOOD], minor, KUBECONFORM) == Report(
        valid=3, invalid=0, errors=0, skipped=0, problems=()
    )


def test_kustomization_yaml_is_left_out(tmp_path: Path) -> None:
    (tmp_path / "kustomization.yaml").write_text("resources: [a.yaml]\n")
    (tmp_path / "a.yaml").write_text("apiVersion: v1\nkind: Namespace\nmetadata: {name: a}\n")
    assert validate([tmp_path], "1.36", KUBECONFORM).valid == 1


def test_a_folder_without_manifests_is_an_error_and_no_success(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no manifests to validate"):
        validate([tmp_path], "1.36", KUBECONFORM)


def test_a_missing_kubeconform_is_an_error_and_no_success(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="not found"):
        validate([GOOD], "1.36", tmp_path / "kubeconform")


@pytest.mark.heavy
def test_every_strict_schema_is_one_by_the_rules_of_draft_4() -> None:
    assert len(STRICT) > 150
    for path in STRICT:
        Draft4Validator.check_schema(json.loads(path.read_text()))


def test_no_schema_refers_to_another_machine() -> None:
    references = {found for path in STRICT for found in re.findall(r'"\$ref":"([^"]*)"', path.read_text())}
    assert len(references) > 100
    assert all(re.match(r"(\.\./definitions\.json)?#/definitions/", reference) for reference in references)
