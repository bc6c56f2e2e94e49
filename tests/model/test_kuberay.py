import pytest
from pydantic import ValidationError

from charts_src.model.kuberay import KubeRay, check
from tests.ray_environment import POOLS, environment


def test_an_environment_without_system_nodes_has_nowhere_to_run_the_operator() -> None:
    pools = {name: pool for name, pool in POOLS.items() if name != "system"}
    env = environment(karpenter={"node_role": "genai-node", "node_pools": pools})
    assert list(check(env.karpenter)) == [
        (
            ("karpenter", "node_pools"),
            "no pool has purpose system, where operators and Ray heads run; add one",
        )
    ]


def test_an_environment_with_system_nodes_has_no_problem() -> None:
    assert list(check(environment().karpenter)) == []


def test_only_the_version_whose_rules_were_read_is_accepted() -> None:
    with pytest.raises(ValidationError, match=r"'1\.6\.2'"):
        KubeRay.model_validate({"version": "1.7.0"})
