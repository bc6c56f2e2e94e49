"""Which tests share a plane."""

from pathlib import Path

import pytest

from tests.cluster.sharing import LARGE, LONG, ORDER, TOGETHER, component, scope, weight


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
    ("over", "expected"),
    [
        ({"a": True, "b": True}, 0),
        ({"a": True, "b": False}, 1),
        ({"a": True, LARGE: False, "b": False}, 3),
        ({"a": True, LARGE: True, "b": False}, 1),
    ],
)
def test_a_process_counts_for_three_until_what_takes_much_memory_is_over(
    over: dict[str, bool], expected: int
) -> None:
    assert weight({"one": {f"test_file.py::{name}": done for name, done in over.items()}}) == expected


def test_there_is_a_test_that_takes_much_memory() -> None:
    assert f"def {LARGE}(" in Path(__file__).with_name("test_answer.py").read_text(encoding="utf-8")


def test_no_name_of_a_file_is_out_of_date() -> None:
    files = {component(path.stem) for path in Path(__file__).parent.glob("test_*.py")}
    named = {name.partition(" ")[0] for name in LONG} - {"dev", "staging", "prod", "samples"}
    assert {*named, *ORDER, *TOGETHER} <= files
