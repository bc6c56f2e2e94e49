"""An environment with a pool for each variant of Stable Diffusion, for the tests of what runs on Ray."""

import json
from typing import Any

from charts_src.manifest import Component
from charts_src.model import Environment
from charts_src.objects import Body

GPU: dict[str, Any] = {
    "host": "images",
    "model_source": "stabilityai/stable-diffusion-xl-base-1.0",
    "replicas": {"min": 2, "max": 4},
    "cpus": 6,
    "memory_gib": 24,
}
INF2: dict[str, Any] = {
    "host": "images-inf2",
    "image_tag": "0.2.0",
    "model_source": "s3://example-models/sdxl-neuron",
    "replicas": {"min": 1, "max": 2},
    "target_ongoing_requests": 3,
    "accelerators": 2,
    "cpus": 12,
    "memory_gib": 48,
    "model_cache_gib": 80,
}
POOLS: dict[str, Any] = {
    "system": {"purpose": "system", "instance_types": ["m7i.xlarge"], "max_nodes": 4},
    "gpu": {"purpose": "inference", "instance_types": ["g5.2xlarge"], "max_nodes": 6},
    "inferentia": {"purpose": "inference", "instance_types": ["inf2.24xlarge"], "max_nodes": 2},
}


def environment(**sections: Any) -> Environment:
    """Give an environment with both variants; `sections` replace whole sections."""
    data = {
        "name": "dev",
        "kubernetes": "1.36",
        "aws": {"account": "111122223333", "region": "us-west-2", "zones": ["us-west-2a", "us-west-2b"]},
        "cluster": {"name": "genai-dev", "vpc_cidr": "10.64.0.0/16"},
        "argocd": {"repository": "https://git.example.com/genai-on-eks.git"},
        "ingress": {
            "domain": "dev.example.com",
            "certificate_arn": "arn:aws:acm:us-west-2:111122223333:certificate/0",
            "inbound_cidrs": ["10.0.0.0/8", "192.0.2.0/24"],
            "cognito": {
                "user_pool_arn": "arn:aws:cognito-idp:us-west-2:111122223333:userpool/us-west-2_example",
                "user_pool_client_id": "example",
                "user_pool_domain": "login",
            },
        },
        "registry": "registry.example.com/genai",
        "karpenter": {"node_role": "genai-node", "node_pools": POOLS},
        "stable_diffusion": {"gpu": GPU, "inf2": INF2},
    }
    return Environment.model_validate_json(json.dumps(data | sections))


def rendered(component: Component) -> dict[str, Body]:
    """Give the objects of a component by kind and name."""
    return {f"{body['kind']}/{body['metadata']['name']}": body for body in component.objects()}
