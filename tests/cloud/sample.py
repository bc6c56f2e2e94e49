"""An environment with everything that the AWS side can have, and one with the least."""

import json
from typing import Any

from charts_src.cloud.files import files
from charts_src.lib.iam import PodIdentity, statement
from charts_src.model import Environment
from tests import ray_environment

ADMIN = "arn:aws:iam::111122223333:role/platform-admin"
CLUSTER: dict[str, Any] = {
    "name": "genai-dev",
    "vpc_cidr": "10.64.0.0/16",
    "admin_roles": [ADMIN],
    "public_access_cidrs": ["203.0.113.0/24"],
    "nat": "single",
    "log_retention_days": 30,
    "addon_versions": {"coredns": "v1.12.4-eksbuild.1"},
}
ARGOCD: dict[str, Any] = {
    "repository": "https://git.example.com/genai-on-eks.git",
    "engine": "eks-capability",
    "identity_center": {
        "instance_arn": "arn:aws:sso:::instance/ssoins-1234567890abcdef",
        "region": "us-west-2",
        "admin_groups": ["12345678-1234-1234-1234-123456789012"],
    },
}
STORAGE: dict[str, Any] = {
    "buckets": {"data": "a-data", "models": "a-models", "artifacts": "a-artifacts", "logs": "a-logs"},
    "fsx": {"file_system_id": "fs-0123456789abcdef1", "mount_name": "example1", "capacity_gib": 1200},
}
POOLS: dict[str, Any] = {
    "system": {"purpose": "system", "instance_types": ["m7i.xlarge"], "max_nodes": 4},
    "gpu": {
        "purpose": "inference",
        "instance_types": ["g5.2xlarge"],
        "capacity": ["spot"],
        "max_nodes": 6,
    },
    "trainium": {
        "purpose": "training",
        "instance_types": ["trn1.32xlarge"],
        "capacity": ["reserved"],
        "reservation": {"tags": {"node-pool": "trainium"}},
        "zones": ["us-west-2b"],
        "efa": True,
        "max_nodes": 2,
    },
}
KARPENTER: dict[str, Any] = {"node_role": "genai-node", "node_pools": POOLS}
IDENTITIES = (
    PodIdentity(
        "karpenter",
        "karpenter",
        {"discovery": [statement("Discovery", ["ec2:DescribeInstances"], ["*"])]},
    ),
)


def full(**sections: Any) -> Environment:
    """Give an environment with a file system, EFA, Spot, a reservation and the EKS Capability."""
    given = {"cluster": CLUSTER, "argocd": ARGOCD, "storage": STORAGE, "karpenter": KARPENTER}
    return ray_environment.environment(**(given | {"stable_diffusion": None} | sections))


def least() -> Environment:
    """Give an environment without storage and EFA, with Argo CD in the cluster."""
    return ray_environment.environment(stable_diffusion=None)


def template(env: Environment, name: str) -> Any:
    """Read a rendered template."""
    return json.loads(files(env, IDENTITIES)[name])
