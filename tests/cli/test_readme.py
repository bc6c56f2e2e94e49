"""Every command of the README runs as it stands there."""

import os
import re
import subprocess
from pathlib import Path

import pytest
import yaml

from charts_src.registry import COMPONENTS
from tests.cli.conftest import duplicate
from tests.cli.copies import SOURCE, Copy

README = (SOURCE / "README.md").read_text()
BLOCKS = [
    line.strip() for block in re.findall(r"```sh\n(.*?)```", README, re.DOTALL) for line in block.splitlines()
]
TABLE = re.findall(r"^\| `(make [^`]+)` \|", README, re.MULTILINE)
COMMANDS = [line for line in (*BLOCKS, *TABLE) if line]

RUN = {
    "make render ENV=prod": "prod: up to date",
    "make render ENV=all": "staging: up to date",
    "make verify ENV=all": "",
    "make diff ENV=prod BASE=HEAD": "0 changed, 0 added, 0 removed in prod",
    "make diff ENV=prod FORMAT=json": '"prod": []',
    "make review ENV=prod BASE=HEAD": "Nothing speaks against it",
    "make validate ENV=prod": "0 invalid, 0 errors, 0 skipped",
    "make bootstrap ENV=dev": "eksctl create cluster",
    "make teardown ENV=dev": "eksctl delete cluster",
    "make connections ENV=prod": "monitoring/prometheus",
    "make why PATH=rendered/prod/karpenter/deployment-karpenter.yaml:spec.replicas": "karpenter.replicas = 2",
    "make compare A=staging B=prod": "karpenter.memory: staging",
    "make promote FROM=staging TO=prod": "prod: nothing to promote from staging",
    "make expiry DATE=2026-11-24": " pinned, ",
    "make images ENV=dev": "docker buildx bake",
    "make run-llama2 ENV=dev SET=run=first SHOW=1": "kind: Workflow",
    "make help": "Write rendered/ and argocd/ of ENV",
}
"""Command -> what it prints in a repository without changes."""

PLANNED = {
    "make referees ENV=all": "tools.referees all",
    "make test": "pytest -m",
    "make test-workloads": "pytest -c images/pytest.ini",
    "make test-heavy": "pytest -m heavy",
    "make watch ENV=dev": "charts_src watch dev",
    "make cluster ENV=dev": "tools.cluster up dev",
    "make cluster-down ENV=dev": "tools.cluster down dev",
    "make cluster-test": "pytest -n 5 tests/cluster",
    "make plan-nodes ENV=prod": "tools.cluster.plan_nodes prod",
    "make dead-keys ENV=prod": "charts_src dead-keys prod",
    "make schemas": "charts_src schemas",
    "make benchmark": "python -m benchmarks",
    "make lock": "pip compile",
    "make lock-images": "charts_src lock-images",
    "make docs": "charts_src docs",
    "make charts": "charts_src charts",
    "make publish-charts REGISTRY=registry.example.com/charts": "charts_src publish-charts",
}
"""Commands that take long, need the registries, or would run this test again -> a step that make plans."""

ELSEWHERE = {
    "make new NAME=model-cache": "test_a_new_component_is_written_and_renders",
    "kubectl apply --server-side -k argocd/bootstrap/dev": "test_the_bootstrap_has_all_that_it_names",
}


@pytest.fixture(scope="module")
def repository(whole: Copy) -> Copy:
    """A copy with all that make needs, in a Git repository of its own."""
    for name in (
        "Makefile",
        "README.md",
        "pyproject.toml",
        "images",
        "tools",
        "tests",
        ".gitignore",
        "docs",
        "benchmarks",
    ):
        subprocess.run(["cp", "-a", SOURCE / name, whole.root / name], check=True)
    (whole.root / ".venv").symlink_to(SOURCE / ".venv")
    git = ["git", "-c", "user.name=test", "-c", "user.email=test@example.com"]
    for arguments in (["init", "-q"], ["add", "."], ["commit", "-qm", "all"]):
        subprocess.run([*git, *arguments], cwd=whole.root, check=True)
    return whole


def make(copy: Copy, command: str) -> str:
    done = subprocess.run(
        command.split(),
        cwd=copy.root,
        env=os.environ | {"PYTHONPATH": str(copy.root)},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_every_command_of_the_readme_is_tested() -> None:
    assert set(COMMANDS) == RUN.keys() | PLANNED.keys() | ELSEWHERE.keys()


SLOW = ("make verify ENV=all", "make validate ENV=prod", "make compare A=staging B=prod")
"""Commands that look at everything; .ci/run does too."""


@pytest.mark.parametrize(
    "command", [each if each not in SLOW else pytest.param(each, marks=pytest.mark.heavy) for each in RUN]
)
def test_a_command_of_the_readme_does_what_it_says(repository: Copy, command: str) -> None:
    assert RUN[command] in make(repository, command)


@pytest.mark.parametrize("command", PLANNED)
def test_a_long_command_of_the_readme_is_planned(repository: Copy, command: str) -> None:
    assert PLANNED[command] in make(repository, f"{command} --dry-run")


def test_the_bootstrap_has_all_that_it_names() -> None:
    folder = SOURCE / "argocd" / "bootstrap" / "dev"
    kustomization = yaml.safe_load((folder / "kustomization.yaml").read_text())
    local = [path for path in kustomization["resources"] if "://" not in path]
    assert local
    assert all((folder / path).is_file() for path in local)


def test_a_new_component_is_written_and_renders(whole: Copy, tmp_path: Path) -> None:
    copy = duplicate(whole.root, tmp_path / "repository")
    for name in ("Makefile", "pyproject.toml", "tools", "tests"):
        subprocess.run(["cp", "-a", SOURCE / name, copy.root / name], check=True)
    if not (copy.root / ".venv").exists():
        (copy.root / ".venv").symlink_to(SOURCE / ".venv")
    make(copy, "make new NAME=model-cache")
    copy.append("environments/dev.yaml", "model_cache: {}\n")
    assert "added    rendered/dev/model-cache/configmap-model-cache.yaml" in copy.render("dev")
    schema = (copy.root / "schemas" / "environment.schema.json").read_text()
    assert '"model_cache"' in schema
    lint = [".venv/bin/ruff", "check", "charts_src", "tests/components/test_model_cache.py"]
    subprocess.run(lint, cwd=copy.root, check=True, capture_output=True)


def test_a_new_component_needs_a_name_that_is_free(copy: Copy) -> None:
    done = copy.run("new", "namespaces")
    assert done.returncode == 2
    assert done.stderr == (
        "charts_src/components/namespaces.py: is there already; choose another name than namespaces\n"
    )


def test_a_new_component_needs_a_name_of_words(copy: Copy) -> None:
    done = copy.run("new", "Model_Cache")
    assert done.returncode == 2
    assert done.stderr == "Model_Cache: is no name for a component; write lower-case words with hyphens\n"


def test_the_readme_lists_every_component_once() -> None:
    table = README.partition("## Components")[2].partition("##")[0]
    rows = re.findall(r"^\| [^|]+ \| ([^|]+) \|", table, re.MULTILINE)
    named = [name for row in rows for name in re.findall(r"`([a-z0-9-]+)`", row)]
    assert sorted(named) == sorted(each.name for each in COMPONENTS)


def test_the_readme_names_only_folders_that_are_there() -> None:
    folders = re.findall(r"^\| `([a-z_/]+)/`[ ,]", README, re.MULTILINE)
    assert len(folders) > 5
    assert all((SOURCE / folder).is_dir() for folder in folders)
