import shutil
from pathlib import Path

import pytest

from charts_src import config, render, state
from charts_src.components.namespaces import Namespaces
from charts_src.config.complaints import Where
from charts_src.dead_keys import unread
from charts_src.dead_keys.find import dead_keys, repeated_keys
from charts_src.dead_keys.repeated import environment
from charts_src.helm.experiments import data_of
from tests.cli.copies import SOURCE


@pytest.fixture
def directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "environments"
    shutil.copytree(SOURCE / "tests" / "config" / "valid", folder)
    (folder / "dev.yaml").write_text("name: dev\ncluster: {name: ai-dev}\n")
    monkeypatch.chdir(tmp_path)
    return folder


def quick(directory: Path, prod: str, base: tuple[str, str] = ("", "")) -> list[str]:
    (directory / "prod.yaml").write_text(f"name: prod\n{prod}")
    file = directory / "base.yaml"
    file.write_text(file.read_text().replace(*base))
    return [str(each) for each in repeated_keys(["prod"], directory)]


def test_an_environment_that_decides_something_with_each_key_has_no_dead_ones(directory: Path) -> None:
    prod = "karpenter:\n  memory: 3Gi\n  node_pools:\n    gpu: {max_nodes: 16}\n"
    assert quick(directory, prod) == []


@pytest.mark.parametrize(
    ("prod", "complaint"),
    [
        (
            "karpenter:\n  replicas: 2\n  memory: 3Gi\n",
            "environments/prod.yaml:3: karpenter.replicas: is said by a default of the model too; delete it",
        ),
        (
            "karpenter:\n  replicas: 2\n",
            "environments/prod.yaml:3: karpenter.replicas: is said by a default of the model too; "
            "write karpenter: {}",
        ),
        (
            "aws: {account: '111122223333', region: us-west-2, zones: [us-west-2a]}\n",
            "environments/prod.yaml:2: aws.account: is said by base.yaml in line 3 too; delete it",
        ),
        (
            "images: {}\n",
            "environments/prod.yaml:2: images: is said by a default of the model too; delete it",
        ),
        (
            "llm: null\n",
            "environments/prod.yaml:2: llm: is said by a default of the model too; delete it",
        ),
    ],
)
def test_a_key_that_says_what_is_said_already_is_dead(directory: Path, prod: str, complaint: str) -> None:
    assert quick(directory, prod)[0] == complaint


def test_a_key_of_base_that_says_the_default_is_dead(directory: Path) -> None:
    assert quick(directory, "", ("  node_role: ai-node", "  node_role: ai-node\n  replicas: 2")) == [
        "environments/base.yaml:23: karpenter.replicas: is said by a default of the model too; delete it"
    ]


def test_a_key_of_base_that_every_environment_overrides_is_dead(directory: Path) -> None:
    with (directory / "dev.yaml").open("a") as dev:
        dev.write("registry: registry.example.com/dev\n")
    assert quick(directory, "registry: registry.example.com/other\n") == [
        "environments/base.yaml:20: registry: is said by every environment itself too; delete it"
    ]


def test_a_list_is_one_key_and_a_null_that_removes_something_is_alive(directory: Path) -> None:
    assert quick(directory, "stable_diffusion: null\naws:\n  zones: [us-west-2b, us-west-2a]\n") == []


def left(directory: Path, keys: list[Where]) -> list[Where]:
    """Give those of the keys that change nothing."""
    settings = config.read_settings("prod", directory)
    env = config.load("prod", directory)
    assert env == environment(settings)

    def without(where: Where) -> None:
        del where

    search = unread.Search(env, {"prod": data_of(env)}, without)
    return unread.unread(keys, search, lambda _done, _of: None)


POOL = ("karpenter", "node_pools", "gpu", "max_nodes")
MEMORY = ("karpenter", "memory")


@pytest.fixture
def only_namespaces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unread, "COMPONENTS", (Namespaces,))
    monkeypatch.setattr(render, "COMPONENTS", (Namespaces,))
    monkeypatch.setattr(unread, "_of_review", lambda: frozenset({"cost"}))


def test_a_key_that_changes_an_object_is_alive(directory: Path) -> None:
    assert left(directory, [POOL, MEMORY]) == []


@pytest.mark.heavy
def test_a_key_that_only_aws_follows_is_alive(directory: Path) -> None:
    assert left(directory, [("cluster", "log_retention_days"), ("argocd", "revision")]) == []


@pytest.mark.usefixtures("only_namespaces")
def test_a_key_that_nothing_follows_is_dead(directory: Path) -> None:
    assert left(directory, [POOL, ("cluster", "name"), MEMORY]) == [POOL, MEMORY]


@pytest.mark.usefixtures("only_namespaces")
def test_a_key_that_only_the_review_follows_is_alive(
    directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(unread, "_of_review", lambda: frozenset({"karpenter"}))
    assert left(directory, [POOL, MEMORY]) == []


def test_what_the_review_asks_for_is_read_from_its_code() -> None:
    names = unread._of_review()  # noqa: SLF001 - the other tests replace it
    assert {"cost", "budget", "interruptible"} <= names


@pytest.mark.usefixtures("only_namespaces")
def test_dead_keys_are_told_with_their_lines(directory: Path) -> None:
    (directory / "prod.yaml").write_text("name: prod\nkarpenter:\n  memory: 3Gi\n")
    found = [str(each) for each in dead_keys(["prod"], directory, lambda _done, _of: None)]
    assert "environments/prod.yaml:3: karpenter.memory: changes nothing that is rendered; delete it" in found
    assert (
        "environments/base.yaml:27: karpenter.node_pools.system.max_nodes: changes nothing that is rendered; "
        "delete it"
    ) in found
    assert not any(": cluster.name: " in each or ": name: " in each for each in found)


@pytest.mark.heavy
def test_a_key_that_a_check_of_the_model_asks_for_is_alive(directory: Path) -> None:
    (directory / "prod.yaml").write_text(
        "name: prod\n"
        "karpenter:\n"
        "  node_pools:\n"
        "    try:\n"
        "      purpose: training\n"
        "      instance_types: [g6e.2xlarge]\n"
        "      capacity: [spot]\n"
        "      interruptible: true\n"
        "      max_nodes: 1\n"
    )
    assert dead_keys(["prod"], directory, lambda _done, _of: None) == []


def test_no_environment_of_ours_repeats_itself() -> None:
    assert repeated_keys(state.environment_names(), state.ENVIRONMENTS) == []
