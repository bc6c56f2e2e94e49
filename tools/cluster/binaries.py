"""What a plane, the operators on it and the referees are built from, and where it is once it is built.

Each is pinned by the go.mod and go.sum of a folder below tools/, written by tools/pin.py. What is built is
kept outside the tree, by a fingerprint of all that decides on it.
"""

import hashlib
import os
import re
from pathlib import Path
from typing import NamedTuple

from charts_src.errors import UserError

TOOLS = Path(__file__).parents[1]

_KUBERNETES = "k8s.io/component-base/version"


class Tool(NamedTuple):
    """A program: its name, the folder below tools/ that pins it, and its package."""

    name: str
    folder: str
    package: str
    stamps: tuple[str, ...] = ()
    """Variables that the linker sets; {version} stands for the module's, {minor} for its second number."""
    placeholder: str = ""
    """A file that the released module lacks and its source embeds."""


def _kubernetes(name: str, minor: str = "") -> Tool:
    stamps = ("gitVersion={version}", "gitMajor=1", "gitMinor={minor}")
    versioned = f"-{minor}" if minor else ""
    package = f"k8s.io/kubernetes/cmd/{name}"
    return Tool(
        name + versioned,
        f"kubernetes{versioned}",
        package,
        tuple(f"{_KUBERNETES}.{each}" for each in stamps),
    )


TOOLBOX = (
    _kubernetes("kube-apiserver"),
    _kubernetes("kube-controller-manager"),
    _kubernetes("kube-scheduler"),
    _kubernetes("kubectl"),
    Tool("etcd", "etcd", "go.etcd.io/etcd/server/v3"),
    Tool("kwok", "kwok", "sigs.k8s.io/kwok/cmd/kwok"),
    Tool("kuberay-operator", "kuberay-operator", "github.com/ray-project/kuberay/ray-operator"),
    Tool("mpi-operator", "mpi-operator", "github.com/kubeflow/mpi-operator/cmd/mpi-operator"),
    Tool("kueue", "kueue", "sigs.k8s.io/kueue/cmd/kueue"),
    Tool("spark-operator", "spark-operator", "github.com/kubeflow/spark-operator/v2/cmd/operator"),
    Tool(
        "workflow-controller",
        "workflow-controller",
        "github.com/argoproj/argo-workflows/v4/cmd/workflow-controller",
    ),
    Tool("karpenter", "karpenter", "github.com/aws/karpenter-provider-aws/cmd/controller"),
    Tool(
        "argocd",
        "argocd",
        "github.com/argoproj/argo-cd/v3/cmd",
        ("github.com/argoproj/argo-cd/v3/common.version={version}",),
        "ui/dist/app/index.html",
    ),
    _kubernetes("kube-apiserver", "1.34"),
)
"""All tools of planes, those first that every plane needs."""

REFEREES = (
    Tool("kube-score", "kube-score", "github.com/zegl/kube-score/cmd/kube-score"),
    Tool("kyverno", "kyverno", "github.com/kyverno/kyverno/cmd/cli/kubectl-kyverno"),
)
"""The programs that judge what is rendered (tools/referees)."""


def binary(name: str) -> Path:
    """Give the path of a built tool; raises UserError when it is not built, or unknown."""
    for tool in (*TOOLBOX, *REFEREES):
        if tool.name == name and (path := built(tool)).exists():
            return path
    raise UserError(f"{name} is not built; run make tools NAMES={name}")


def built(tool: Tool) -> Path:
    """Say where a tool is, or will be."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    digest = hashlib.sha256(repr(tool).encode())
    for path in sorted((TOOLS / tool.folder).rglob("*")):
        if path.is_file():
            digest.update(path.read_bytes())
    return cache / "genai-on-eks" / "tools" / f"{tool.name}-{digest.hexdigest()[:16]}" / tool.name


def module(tool: Tool) -> tuple[str, str]:
    """Give the path and version of the module that a tool's package is of."""
    text = (TOOLS / tool.folder / "go.mod").read_text(encoding="utf-8")
    required: dict[str, str] = dict(re.findall(r"^(?:require|\t) ?(\S+) (v\S+)", text, re.MULTILINE))
    path = max((each for each in required if f"{tool.package}/".startswith(f"{each}/")), key=len)
    return path, required[path]
