"""Which tests share a plane."""

from pathlib import Path

import pytest

from tests.cluster.sharing import LONG, ORDER, TOGETHER, component, scope


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


def test_no_name_of_a_file_is_out_of_date() -> None:
    files = {component(path.stem) for path in Path(__file__).parent.glob("test_*.py")}
    named = {name.partition(" ")[0] for name in LONG} - {"dev", "staging", "prod"}
    assert {*named, *ORDER, *TOGETHER} <= files
