"""base.yaml and the file of an environment become one environment, and each value knows its line."""

from pathlib import Path

import pytest

from charts_src.config import Origin, load, load_all, read_settings
from charts_src.errors import UserError

VALID = Path(__file__).parent / "valid"


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    (tmp_path / "base.yaml").write_bytes((VALID / "base.yaml").read_bytes())
    return tmp_path


def write(directory: Path, **files: str) -> Path:
    for name, text in files.items():
        (directory / f"{name}.yaml").write_text(text)
    return directory


def test_an_environment_is_base_with_its_own_values(directory: Path) -> None:
    prod = """
name: prod
karpenter:
  node_pools:
    gpu:
      max_nodes: 16
"""
    pools = load("prod", write(directory, prod=prod)).karpenter.node_pools
    assert {name: pool.max_nodes for name, pool in pools.items()} == {"system": 4, "gpu": 16}
    assert pools["gpu"].instance_types == ("g6e.2xlarge",)


def test_a_list_is_replaced_as_a_whole(directory: Path) -> None:
    prod = "name: prod\naws:\n  zones: [us-west-2c]\n"
    assert load("prod", write(directory, prod=prod)).aws.zones == ("us-west-2c",)


def test_null_leaves_out_what_base_has(directory: Path) -> None:
    prod = """
name: prod
stable_diffusion: null
karpenter:
  node_pools:
    gpu: null
"""
    environment = load("prod", write(directory, prod=prod))
    assert environment.stable_diffusion is None
    assert list(environment.karpenter.node_pools) == ["system"]


def test_null_where_base_has_nothing_is_a_mistake(directory: Path) -> None:
    prod = "name: prod\nkarpenter:\n  node_pools:\n    gpus: null\n"
    with pytest.raises(UserError, match=r"prod.yaml:4: karpenter.node_pools.gpus: null is no value; write"):
        load("prod", write(directory, prod=prod))


def test_an_environment_needs_no_base(tmp_path: Path) -> None:
    text = "name: prod\n" + (VALID / "base.yaml").read_text()
    assert load("prod", write(tmp_path, prod=text)) == load("prod", VALID)


def test_each_value_knows_the_line_that_decided_it(directory: Path) -> None:
    prod = "name: prod\naws:\n  zones:\n    - us-west-2c\nargocd: null\n"
    settings = read_settings("prod", write(directory, prod=prod))
    base, top = directory / "base.yaml", directory / "prod.yaml"
    assert settings.origin(("aws", "account")) == Origin(base, 3)
    assert settings.origin(("aws", "zones", 0)) == Origin(top, 4)
    assert settings.origin(("aws", "zones", 1)) == Origin(top, 3)
    assert settings.origin(("aws",)) == Origin(top, 2)
    assert settings.origin(("argocd", "repository")) == Origin(top, 5, "null")
    assert settings.origin(("karpenter", "node_pools", "gpu", "max_nodes")) == Origin(base, 31, "8")


def test_what_an_environment_replaces_leaves_no_trace(directory: Path) -> None:
    settings = read_settings("prod", write(directory, prod="name: prod\naws: us-west-2\n"))
    assert settings.data["aws"] == "us-west-2"
    assert settings.origin(("aws", "region")) == Origin(directory / "prod.yaml", 2)


def test_all_environments_are_read_by_name(directory: Path) -> None:
    environments = load_all(write(directory, prod="name: prod\n", dev="name: dev\ncluster:\n  name: dev\n"))
    assert list(environments) == ["dev", "prod"]
    assert environments["dev"].cluster.name == "dev"


def test_the_same_cluster_name_in_another_region_is_another_cluster(directory: Path) -> None:
    dev = "name: dev\naws:\n  region: us-east-1\n  zones: [us-east-1a]\n"
    assert list(load_all(write(directory, prod="name: prod\n", dev=dev))) == ["dev", "prod"]


def test_problems_of_all_environments_are_told_together(
    directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(directory)
    write(directory, dev="name: dev\nargo: {}\n", prod="name: prod\n---\n", base="aws:\n  regions: []\n")
    with pytest.raises(UserError) as caught:
        load_all(directory)
    lines = str(caught.value).splitlines()
    assert [line for line in lines if "missing" not in line] == [
        "base.yaml:2: aws.regions: unknown key; did you mean region?",
        "dev.yaml:2: argo: unknown key; did you mean argocd?",
        "prod.yaml:2: begins a second document; an environment is one document",
    ]
