"""Sections of an environment with notebooks on every accelerator, and of a shared Ray cluster."""

from typing import Any

from charts_src.model import Environment
from tests import ray_environment

POOLS: dict[str, Any] = {
    "system": {"purpose": "system", "instance_types": ["m7i.xlarge"], "max_nodes": 4},
    "gpu": {"purpose": "inference", "instance_types": ["g5.2xlarge"], "max_nodes": 6},
    "trainium": {
        "purpose": "training",
        "instance_types": ["trn1.32xlarge"],
        "zones": ["us-west-2b"],
        "efa": True,
        "max_nodes": 4,
    },
}
PROFILES: dict[str, Any] = {
    "cpu": {"title": "CPU", "description": "For data", "cpus": 2, "memory_gib": 8},
    "gpu": {
        "title": "GPU",
        "description": "For models",
        "accelerator": "nvidia",
        "cpus": 4,
        "memory_gib": 24,
        "shared_memory_gib": 8,
    },
    "inferentia": {
        "title": "Inferentia2",
        "description": "Has no pool",
        "accelerator": "inferentia",
        "cpus": 2,
        "memory_gib": 8,
    },
    "trainium": {
        "title": "Trainium",
        "description": "For training",
        "accelerator": "trainium",
        "accelerators": 2,
        "cpus": 8,
        "memory_gib": 64,
    },
}
JUPYTERHUB: dict[str, Any] = {"oauth_client_id": "hub-client", "profiles": PROFILES}
RAY_CLUSTER: dict[str, Any] = {
    "host": "ray",
    "groups": {
        "cpu": {"cpus": 3, "memory_gib": 12, "object_store_gib": 4, "min": 1, "max": 4},
        "gpu": {"accelerator": "nvidia", "cpus": 6, "memory_gib": 24, "max": 2},
        "inferentia": {"accelerator": "inferentia", "cpus": 2, "memory_gib": 8, "max": 1},
        "trainium": {
            "accelerator": "trainium",
            "accelerators": 2,
            "cpus": 8,
            "memory_gib": 64,
            "max": 2,
        },
    },
}
STORAGE: dict[str, Any] = {
    "buckets": {
        "data": "example-data",
        "models": "example-models",
        "artifacts": "example-artifacts",
        "logs": "example-logs",
    },
    "fsx": {"file_system_id": "fs-0123456789abcdef0", "mount_name": "abcdefgh", "capacity_gib": 1200},
}


def environment(**sections: Any) -> Environment:
    """Give an environment with notebooks, Ray and storage; `sections` replace whole sections."""
    defaults = {
        "karpenter": {"node_role": "genai-node", "node_pools": POOLS},
        "stable_diffusion": None,
        "jupyterhub": JUPYTERHUB,
        "ray_cluster": RAY_CLUSTER,
        "storage": STORAGE,
    }
    return ray_environment.environment(**defaults | sections)
