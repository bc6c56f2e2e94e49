"""An environment with buckets and a shared file system, for the tests of what stores data."""

from typing import Any

from charts_src.model import Environment
from tests.ray_environment import environment

BUCKETS = {"data": "ai-data", "models": "ai-models", "artifacts": "ai-artifacts", "logs": "ai-logs"}
FSX = {"file_system_id": "fs-0123456789abcdef0", "mount_name": "abcdefgh", "capacity_gib": 2400}
SCRATCH = {"subnet": "subnet-0123456789abcdef0", "security_groups": ["sg-0123456789abcdef0", "sg-00000001"]}


def with_storage(fsx: dict[str, Any] | None = None, **sections: Any) -> Environment:
    """Give the environment; `fsx` are further fields of the file system."""
    return environment(storage={"buckets": BUCKETS, "fsx": FSX | (fsx or {})}, **sections)
