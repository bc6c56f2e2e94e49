from charts_src.model.jupyterhub import Profile
from charts_src.model.karpenter import Karpenter
from charts_src.model.placing import pools_of
from tests.llm_environment import LLM_POOLS, environment

NOTEBOOK = Profile(title="GPU", description="One GPU", accelerator="nvidia", cpus=2, memory_gib=8)


def karpenter(*, dedicated: bool) -> Karpenter:
    pools = LLM_POOLS | {"gpu-large": LLM_POOLS["gpu-large"] | {"dedicated": dedicated}}
    return environment(karpenter={"node_role": "node", "node_pools": pools}).karpenter


def test_what_names_no_pool_does_not_run_in_a_dedicated_one() -> None:
    of_all, of_others = (pools_of(NOTEBOOK, karpenter(dedicated=dedicated)) for dedicated in (False, True))
    assert [pool.instance_types for pool in of_all] == [("g5.2xlarge",), ("g6.12xlarge",)]
    assert [pool.instance_types for pool in of_others] == [("g5.2xlarge",)]
