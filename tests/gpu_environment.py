"""An environment with a pool whose GPUs several pods share, for the tests of what serves and watches GPUs."""

from typing import Any

from charts_src.model import Environment
from tests.ray_environment import POOLS, environment

TIME_SLICING: dict[str, Any] = {"mode": "time-slicing", "replicas": 4}
MPS: dict[str, Any] = {"mode": "mps", "replicas": 8}
MIG: dict[str, Any] = {"mode": "mig", "profile": "1g.10gb"}


def with_pool(sharing: dict[str, Any], instance_type: str = "g6.2xlarge") -> Environment:
    """Give an environment that has, beside its other pools, the pool `shared`."""
    pool = {
        "purpose": "inference",
        "instance_types": [instance_type],
        "max_nodes": 2,
        "gpu_sharing": sharing,
    }
    return environment(karpenter={"node_role": "node", "node_pools": POOLS | {"shared": pool}})
