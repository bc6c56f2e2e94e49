"""Which tests share a plane."""

from pathlib import Path

import pytest

from tests.cluster.sharing import (
    GIB,
    LARGE,
    LATER,
    LONG,
    ORDER,
    OTHERS,
    ROOM,
    TOGETHER,
    component,
    memory,
    scope,
)


@pytest.mark.parametrize(
    ("test", "expected"),
    [
        ("test_apply.py::test_a_second_time_changes_nothing[dev]", "dev"),
        ("test_mutants.py::test_a_pod_that_no_node_takes_says_why[training-misspelt-dev]", "dev"),
        ("test_mutants.py::test_a_wrong_field_is_refused[NodePool-consolidateAfter-soon]", "samples"),
        ("test_karpenter.py::test_places_many_pods_within_the_limits[20-3-prod]", "karpenter prod"),
        ("test_oldest.py::test_the_oldest_kubernetes_takes_every_object_too[prod]", "oldest"),
        ("test_argocd.py::test_drift_is_healed", "argocd"),
    ],
)
def test_tests_share_the_plane_of_their_environment_or_of_their_file(test: str, expected: str) -> None:
    assert scope(f"tests/cluster/{test}") == expected


@pytest.mark.parametrize(
    ("work", "expected"),
    [
        ({"dev": {"a": True, "b": True}}, 0),
        ({"dev": {"a": True, "b": False}}, OTHERS),
        ({"argocd": {"a": True, "b": False}, "dev": {"c": False}}, GIB["argocd"]),
        ({"argocd": {"a": True, "b": True}, "dev": {"c": False}}, OTHERS),
        ({"answer": {f"a::{LARGE}": False, "b": False}}, GIB["answer"]),
        ({"answer": {f"a::{LARGE}": True, "b": False}}, LATER),
    ],
)
def test_a_process_takes_memory_for_what_is_not_over_yet(
    work: dict[str, dict[str, bool]], expected: float
) -> None:
    assert memory(work) == expected


def test_what_takes_most_has_room_together_and_so_have_five_of_the_others() -> None:
    assert sum(GIB.values()) + OTHERS <= ROOM < sum(GIB.values()) + 2 * OTHERS
    assert LATER + 4 * OTHERS <= ROOM < LATER + GIB["argocd"] + 3 * OTHERS


def test_there_is_a_test_that_takes_much_memory() -> None:
    assert f"def {LARGE}(" in Path(__file__).with_name("test_answer.py").read_text(encoding="utf-8")


def test_no_name_of_a_file_is_out_of_date() -> None:
    files = {component(path.stem) for path in Path(__file__).parent.glob("test_*.py")}
    named = {name.partition(" ")[0] for name in LONG} - {"dev", "staging", "prod", "samples"}
    assert {*named, *ORDER, *TOGETHER} <= files
