"""What is recalled instead of rendered gives the tree that a full render gives, and no more is rendered."""

import json
import re
from collections.abc import Callable
from typing import NamedTuple

import pytest

from charts_src import cache
from charts_src.lib.namespaces import NAMESPACES
from tests.cli.conftest import FEW
from tests.cli.copies import Copy, changed

ALL = sorted(FEW)

APPLICATIONS = sorted(f"argocd/dev/application-{name}.yaml" for name in ALL)
DEV = "environments/dev.yaml"
POOL = "rendered/dev/node-pools/nodepool-gpu.yaml"
RECORD = ".cache/units/dev/namespaces.json"
SERVICE = "rendered/dev/stable-diffusion/rayservice-stable-diffusion-gpu.yaml"
PROVENANCE = "rendered/dev/provenance.yaml"
JOB = re.compile(r"(/job-root-loader-)[0-9a-f]{8}(?=\.yaml)")


class Case(NamedTuple):
    """An edit and what it leads to."""

    edit: Callable[[Copy], object]
    rendered: list[str] | str
    """Components that are rendered, or the section whose readers are; all others are recalled."""
    files: list[str]
    """Files that the render changes, with `*` for the hash in a Job's name."""


def remove_stable_diffusion(copy: Copy) -> None:
    text = (copy.root / DEV).read_text()
    (copy.root / DEV).write_text(text.partition("stable_diffusion:")[0] + "stable_diffusion: null\n")


def spoil_record(copy: Copy, old: str, new: str) -> None:
    """Edit a stored component, and have it asked for."""
    copy.edit(RECORD, old, new)
    copy.append(DEV, "# another comment\n")


ADDED_POOL = """
    cpu:
      purpose: system
      instance_types: [m7i.xlarge]
      max_nodes: 4
jupyterhub:
"""

CASES = {
    "a comment in the environment": Case(lambda copy: copy.append(DEV, "# a comment\n"), [], []),
    "the processors of a worker": Case(
        lambda copy: copy.edit(DEV, "{min: 1, max: 1}", "{min: 1, max: 1}\n    cpus: 5"),
        "stable_diffusion",
        [PROVENANCE, SERVICE],
    ),
    "the limit of a pool": Case(
        lambda copy: copy.edit(DEV, "    system:\n", "    system:\n      max_nodes: 6\n"),
        "karpenter",
        [
            "rendered/dev/node-pools/nodepool-system.yaml",
            PROVENANCE,
            "rendered/dev/queues/clusterqueue-platform.yaml",
        ],
    ),
    "a pool more": Case(
        lambda copy: copy.edit(DEV, "\njupyterhub:\n", ADDED_POOL),
        "karpenter",
        [
            "rendered/dev/node-pools/ec2nodeclass-cpu.yaml",
            "rendered/dev/node-pools/nodepool-cpu.yaml",
            PROVENANCE,
            "rendered/dev/queues/clusterqueue-platform.yaml",
            "rendered/dev/queues/cohort-genai-on-eks.yaml",
            "rendered/dev/queues/resourceflavor-cpu.yaml",
        ],
    ),
    "a section less": Case(
        remove_stable_diffusion,
        ["kuberay-operator"],  # it watches the namespaces with Ray clusters
        [
            "argocd/dev/application-kuberay-operator.yaml",
            "argocd/dev/application-stable-diffusion.yaml",
            "argocd/dev/appproject-genai-on-eks-dev.yaml",
            "rendered/dev/aws/bootstrap.yaml",
            "rendered/dev/aws/docker-bake.json",
            "rendered/dev/aws/foundation.json",
            "rendered/dev/aws/images.yaml",
            "rendered/dev/kuberay-operator/deployment-kuberay-operator.yaml",
            "rendered/dev/kuberay-operator/networkpolicy-kuberay-operator.yaml",
            "rendered/dev/kuberay-operator/rolebinding-stable-diffusion-kuberay-operator.yaml",
            PROVENANCE,
            "rendered/dev/stable-diffusion/ingress-stable-diffusion-gpu.yaml",
            "rendered/dev/stable-diffusion/networkpolicy-stable-diffusion-gpu-cluster.yaml",
            "rendered/dev/stable-diffusion/networkpolicy-stable-diffusion-gpu-head.yaml",
            "rendered/dev/stable-diffusion/networkpolicy-stable-diffusion-gpu-worker.yaml",
            "rendered/dev/stable-diffusion/podmonitor-stable-diffusion-gpu.yaml",
            SERVICE,
            "rendered/dev/stable-diffusion/serviceaccount-stable-diffusion-gpu-head.yaml",
            "rendered/dev/stable-diffusion/serviceaccount-stable-diffusion-gpu.yaml",
        ],
    ),
    "the revision that Argo CD follows": Case(
        lambda copy: copy.append(DEV, "argocd: {revision: release}\n"),
        [],
        [
            "argocd/bootstrap/dev/configmap-root-loader.yaml",
            "argocd/bootstrap/dev/job-root-loader-*.yaml",
            "argocd/bootstrap/dev/job-root-loader-*.yaml",
            "argocd/bootstrap/dev/kustomization.yaml",
            *APPLICATIONS,
            PROVENANCE,
        ],
    ),
    "the code of a component": Case(
        lambda copy: copy.edit("charts_src/components/namespaces.py", '"audit", "warn"', '"warn"'),
        ["namespaces"],
        [f"rendered/dev/namespaces/namespace-{name}.yaml" for name in sorted(NAMESPACES)],
    ),
    "a comment in the code of a component": Case(
        lambda copy: copy.append("charts_src/components/node_pools.py", "# a comment\n"), ["node-pools"], []
    ),
    "code that components share": Case(
        lambda copy: copy.edit("charts_src/lib/ray.py", "SCRATCH_GIB = ", "SCRATCH_GIB = 1 + "),
        ALL,
        [SERVICE],
    ),
    "the lock file": Case(lambda copy: copy.append("requirements.lock", "# a comment\n"), ALL, [PROVENANCE]),
    "a rendered file": Case(lambda copy: copy.append(POOL, "# a comment\n"), [], [POOL]),
    "the line ends of a rendered file": Case(
        lambda copy: copy.shell(f"sed -i 's/$/\\r/' {POOL}").check_returncode(), [], [POOL]
    ),
    "a rendered file less": Case(lambda copy: (copy.root / POOL).unlink(), [], [POOL]),
    "a stray file": Case(
        lambda copy: copy.append("argocd/dev/application-stray.yaml", "stray\n"),
        [],
        ["argocd/dev/application-stray.yaml"],
    ),
    "a stored component cut short": Case(
        lambda copy: spoil_record(copy, (copy.root / RECORD).read_text()[-100:], ""), ["namespaces"], []
    ),
    "a value in a stored component": Case(
        lambda copy: spoil_record(copy, "namespace-kuberay-system.yaml", "namespace-x.yaml"),
        ["namespaces"],
        [],
    ),
    "a stored component of another form": Case(
        lambda copy: copy.shell(f"echo '[]' > {RECORD}; echo '# a comment' >> {DEV}").check_returncode(),
        ["namespaces"],
        [],
    ),
    "what is kept of the last render": Case(
        lambda copy: (copy.root / ".cache/state/dev.json").write_bytes(b"\xff\xfe"), [], []
    ),
}
"""The edits of one environment; the keys complete "after an edit of ..."."""


def records(copy: Copy) -> dict[str, int]:
    """Give the inode of each stored component; one that is rendered is stored anew."""
    return {path.stem: path.stat().st_ino for path in (copy.root / ".cache/units/dev").glob("*.json")}


def reading(copy: Copy, section: str) -> list[str]:
    """Name the stored components that read a section of the environment."""
    records = (copy.root / ".cache/units/dev").glob("*.json")
    stored = {path.stem: json.loads(cache.read(path) or "") for path in records}
    return sorted(name for name, record in stored.items() if section in record["sections"])


FAST = ("a comment in the environment", "the limit of a pool", "the code of a component", "a rendered file")
"""Edits of the fast tests; the others are as many renders again."""


@pytest.mark.parametrize(
    "edited", [name if name in FAST else pytest.param(name, marks=pytest.mark.heavy) for name in CASES]
)
def test_a_render_after_an_edit_is_a_full_render(copy: Copy, edited: str) -> None:
    kept, before = records(copy), copy.files()
    assert sorted(kept) == ALL
    CASES[edited].edit(copy)
    touched = copy.files()
    copy.render("dev")
    expected = CASES[edited].rendered
    readers = expected if isinstance(expected, list) else reading(copy, expected)
    assert sorted(name for name, node in records(copy).items() if kept[name] != node) == readers
    assert [JOB.sub(r"\1*", path) for path in changed(touched, copy.files())] == CASES[edited].files
    assert touched == before or copy.files() == before  # edits of generated files are undone
    verified = copy.run("render", "--verify", "dev")
    assert (verified.returncode, verified.stdout, verified.stderr) == (0, "", "")
    assert copy.render("dev") == "dev: up to date\n"


@pytest.mark.parametrize(
    ("old", "new", "files"),
    [
        (
            "g6e.2xlarge]\n      max_nodes: 24",
            "g6e.2xlarge]\n      max_nodes: 25",
            ["rendered/prod/node-pools/nodepool-gpu.yaml", "rendered/prod/provenance.yaml"],
        ),
        (
            "replicas: {min: 2, max: 8}",
            "replicas: {min: 2, max: 7}",
            [
                "rendered/prod/provenance.yaml",
                "rendered/prod/stable-diffusion/rayservice-stable-diffusion-gpu.yaml",
            ],
        ),
    ],
    ids=["max_nodes", "replicas"],
)
def test_one_number_changes_one_object(copy: Copy, old: str, new: str, files: list[str]) -> None:
    before = copy.files()
    copy.edit("environments/prod.yaml", old, new)
    copy.render("all")
    assert changed(before, copy.files()) == files
