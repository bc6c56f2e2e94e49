"""At least 95 of 100 random mistakes in rendered/prod are caught, and every other one is explained."""

from collections import Counter
from pathlib import Path

import pytest
import yaml

from charts_src import ROOT
from charts_src.config import load
from charts_src.objects import NOT_OBJECTS
from charts_src.state import ENVIRONMENTS
from charts_src.workspace import KUBECONFORM
from tests.mutation.checks import Subject, caught, gates, proofs, schemas, subject_of
from tests.mutation.mutate import KINDS, OUTSIDE, Mutant, mutants

COUNT, SEED = 300, 20261129
LEAST = 0.95
CHECKS = {"schemas": schemas(KUBECONFORM), "proofs": proofs, "gates": gates}
SURVIVORS = Path(__file__).with_name("survivors.yaml")


@pytest.fixture(scope="module")
def subject() -> Subject:
    folder = ROOT / "rendered" / "prod"
    paths = [path.relative_to(folder) for path in sorted(folder.rglob("*.yaml"))]
    chosen = [path for path in paths if path.name not in NOT_OBJECTS and path.parts[0] not in OUTSIDE]
    files = {path.as_posix(): (folder / path).read_text(encoding="utf-8") for path in chosen}
    return subject_of(files, load("prod", ENVIRONMENTS))


@pytest.fixture(scope="module")
def drawn(subject: Subject) -> list[Mutant]:
    return mutants(subject.tree, COUNT, SEED)


@pytest.fixture(scope="module")
def found(subject: Subject, drawn: list[Mutant], tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Give the mutants that are caught, each with the check that does."""
    folder = tmp_path_factory.mktemp("mutants")
    return {mutant.name: check for mutant, check, _ in caught(subject, drawn, CHECKS, folder)}


def explained() -> dict[str, str]:
    entries = yaml.safe_load(SURVIVORS.read_text(encoding="utf-8"))
    return {entry["mutant"]: entry["reason"] for entry in entries}


@pytest.mark.heavy
def test_all_kinds_are_drawn_as_often_and_no_mutant_twice(drawn: list[Mutant]) -> None:
    assert Counter(mutant.kind for mutant in drawn) == dict.fromkeys(KINDS, COUNT // len(KINDS))
    assert len({mutant.name for mutant in drawn}) == COUNT


@pytest.mark.heavy
def test_every_mutant_is_another_object(subject: Subject, drawn: list[Mutant]) -> None:
    assert [mutant.name for mutant in drawn if mutant.body == subject.tree[mutant.file]] == []


@pytest.mark.heavy
def test_an_environment_without_a_mistake_is_caught_by_nothing(subject: Subject, tmp_path: Path) -> None:
    sound = [
        Mutant("none", file, "", "unchanged", body)
        for file, body in subject.tree.items()
        if file.startswith(("karpenter/", "llm/"))
    ][:20]
    assert [*caught(subject, sound, CHECKS, tmp_path)] == []


@pytest.mark.heavy
def test_95_of_100_are_caught(found: dict[str, str]) -> None:
    assert len(found) >= LEAST * COUNT


@pytest.mark.heavy
def test_every_survivor_is_explained_and_nothing_else(drawn: list[Mutant], found: dict[str, str]) -> None:
    survivors = [mutant.name for mutant in drawn if mutant.name not in found]
    assert sorted(explained()) == sorted(survivors)


def test_every_explanation_says_something() -> None:
    assert all(len(reason) > 20 for reason in explained().values())
