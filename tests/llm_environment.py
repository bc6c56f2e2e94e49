"""An environment with language models, for their tests."""

from typing import Any

from charts_src.model import Environment
from tests import ray_environment

MODEL: dict[str, Any] = {
    "model_id": "chat-7b",
    "model_source": "example/chat-7b",
    "pool": "gpu",
    "max_model_len": 8192,
    "replicas": {"min": 2, "max": 3},
    "cpus": 6,
    "memory_gib": 24,
}
LARGE: dict[str, Any] = {
    "model_id": "example/large",
    "model_source": "s3://genai-dev-models/large",
    "pool": "gpu-large",
    "accelerators": 4,
    "max_model_len": 16384,
    "engine_kwargs": {"dtype": "bfloat16", "max_num_seqs": 32, "enable_prefix_caching": True},
    "replicas": {"min": 0, "max": 1},
    "cpus": 24,
    "memory_gib": 128,
    "model_cache_gib": 120,
}
LLM: dict[str, Any] = {"host": "llm", "models": {"chat": MODEL}}
LLM_POOLS: dict[str, Any] = {
    "system": {"purpose": "system", "instance_types": ["m7i.xlarge"], "max_nodes": 4},
    "gpu": {"purpose": "inference", "instance_types": ["g5.2xlarge"], "max_nodes": 6},
    "gpu-large": {"purpose": "inference", "instance_types": ["g6.12xlarge"], "max_nodes": 2},
}


def environment(**sections: Any) -> Environment:
    """Give an environment with one model; `sections` replace whole sections."""
    given = {
        "karpenter": {"node_role": "genai-node", "node_pools": LLM_POOLS},
        "stable_diffusion": None,
        "llm": LLM,
    }
    return ray_environment.environment(**(given | sections))
