"""An environment with a gang on Trainium, for the tests of workflows and what they start."""

from typing import Any

from charts_src.model import Environment
from tests.ray_environment import POOLS, environment

STORAGE: dict[str, Any] = {
    "buckets": {
        "data": "genai-dev-data",
        "models": "genai-dev-models",
        "artifacts": "genai-dev-artifacts",
        "logs": "genai-dev-logs",
    },
    "fsx": {"file_system_id": "fs-0123456789abcdef0", "mount_name": "abcdefgh", "capacity_gib": 1200},
}
TRAINIUM: dict[str, Any] = {
    "purpose": "training",
    "instance_types": ["trn1.32xlarge"],
    "zones": ["us-west-2b"],
    "efa": True,
    "max_nodes": 4,
}
GANG: dict[str, Any] = {
    "pool": "trainium",
    "workers": 4,
    "cpus": 120,
    "memory_gib": 440,
    "shared_memory_gib": 16,
}
CPU_GANG: dict[str, Any] = {"pool": "system", "workers": 2, "cpus": 1, "memory_gib": 4}


def training(**sections: Any) -> Environment:
    """Give an environment that trains; `sections` replace whole sections."""
    defaults = {
        "storage": STORAGE,
        "karpenter": {"node_role": "genai-node", "node_pools": POOLS | {"trainium": TRAINIUM}},
        "argo_workflows": {},
        "llama2": {"gang": GANG},
        "stable_diffusion_finetune": {"pool": "gpu"},
        "tensorboard": {},
    }
    return environment(**(defaults | sections))


def cpu_training() -> Environment:
    """Give the same with a gang on CPUs."""
    section = {"gang": CPU_GANG, "tensor_parallel": 1, "global_batch": 8, "model": "llama2-tiny"}
    return training(llama2=section | {"hugging_face_token": False})
