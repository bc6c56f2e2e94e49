"""Our own images: each that a manifest names can be built, and has a place to be pushed to."""

import json
import re
from typing import Any

import pytest

from charts_src import ROOT
from charts_src.cloud.files import files
from charts_src.config import load
from charts_src.lib.own_images import BASES, FOLDERS, Wanted, folder_of, wanted
from charts_src.model import Environment
from charts_src.state import environment_names
from charts_src.steps.plan import Plan
from tests.cloud.sample import full, least

OWN = "111122223333.dkr.ecr.us-west-2.amazonaws.com/genai-on-eks"
IMAGES = [Wanted("llama2-train-neuron", "0.1.0"), Wanted("tensorboard", "0.2.0")]


def rendered(env: Environment, name: str) -> str:
    return files(env, (), IMAGES)[name]


def plan(env: Environment, name: str) -> Plan:
    import yaml

    return Plan.model_validate_json(json.dumps(yaml.safe_load(rendered(env, f"{name}.yaml"))))


def arguments(folder: str) -> dict[str, str]:
    text = (ROOT / "images" / folder / "Dockerfile").read_text(encoding="utf-8")
    return dict(re.findall(r"^ARG ([A-Z_]+)=(\S*/\S+:\S+)$", text, re.MULTILINE))


def stages(folder: str) -> set[str]:
    text = (ROOT / "images" / folder / "Dockerfile").read_text(encoding="utf-8")
    return set(re.findall(r"^FROM .* AS (\S+)$", text, re.MULTILINE))


def test_an_image_is_built_from_its_stage_for_the_nodes_and_says_what_is_in_it() -> None:
    env = full(registry=OWN, images={"mirrors": {"docker.io": "mirror.example.com/hub"}})
    recipe = json.loads(rendered(env, "docker-bake.json"))
    assert recipe["group"] == {"default": {"targets": ["llama2-train-neuron", "tensorboard"]}}
    assert recipe["target"]["tensorboard"] == {
        "args": {"PYTHON": BASES["PYTHON"].replace("docker.io", "mirror.example.com/hub")},
        "attest": ["type=provenance,mode=max", "type=sbom"],
        "context": "images",
        "dockerfile": "tensorboard/Dockerfile",
        "platforms": ["linux/amd64"],
        "tags": [f"{OWN}/tensorboard:0.2.0"],
        "target": "tensorboard",
    }


def test_each_image_has_a_repository_whose_tags_never_move() -> None:
    resources = json.loads(rendered(full(registry=OWN), "foundation.json"))["Resources"]
    repository = resources["TensorboardRepository"]
    policy = json.loads(repository["Properties"].pop("LifecyclePolicy")["LifecyclePolicyText"])
    assert repository == {
        "Type": "AWS::ECR::Repository",
        "Properties": {
            "RepositoryName": "genai-on-eks/tensorboard",
            "EmptyOnDelete": True,
            "EncryptionConfiguration": {"EncryptionType": "AES256"},
            "ImageScanningConfiguration": {"ScanOnPush": True},
            "ImageTagMutability": "IMMUTABLE",
            "Tags": [
                {"Key": "cluster", "Value": "genai-dev"},
                {"Key": "environment", "Value": "dev"},
            ],
        },
    }
    assert policy["rules"][0]["selection"] == {
        "tagStatus": "untagged",
        "countType": "sinceImagePushed",
        "countUnit": "days",
        "countNumber": 7,
    }


def test_the_linter_finds_nothing_in_a_template_with_repositories() -> None:
    from tests.cloud.test_templates import faults

    assert faults(rendered(full(registry=OWN), "foundation.json")) == []


def test_an_image_is_built_and_pushed_unless_it_is_there() -> None:
    steps = plan(full(registry=OWN), "images").steps
    assert [each.name for each in steps] == ["account", "image-llama2-train-neuron", "image-tensorboard"]
    *_, last = steps
    bake = ("docker", "buildx", "bake", "--file", "rendered/dev/aws/docker-bake.json", "--push")
    assert last.run == ((*bake, "tensorboard"),)
    assert last.done[0].run[:5] == (
        "aws",
        "ecr",
        "describe-images",
        "--repository-name",
        "genai-on-eks/tensorboard",
    )
    assert "imageTag=0.2.0" in last.done[0].run


def test_a_cluster_gets_argocd_only_when_its_images_are_there() -> None:
    steps = [each.name for each in plan(full(registry=OWN), "bootstrap").steps]
    assert steps[-3:] == ["image-llama2-train-neuron", "image-tensorboard", "argocd"]


@pytest.mark.parametrize(
    "registry",
    [
        "registry.example.com/genai",
        "999988887777.dkr.ecr.us-west-2.amazonaws.com/genai",
        "111122223333.dkr.ecr.eu-west-1.amazonaws.com/genai",
    ],
)
def test_a_registry_elsewhere_gets_no_repositories_and_is_pushed_to_each_time(registry: str) -> None:
    env = full(registry=registry)
    assert "Repository" not in rendered(env, "foundation.json")
    steps = plan(env, "images").steps
    assert [each.name for each in steps] == ["image-llama2-train-neuron", "image-tensorboard"]
    assert all(each.always and not each.done for each in steps)
    assert not any(each.name.startswith("image-") for each in plan(env, "bootstrap").steps)


def test_images_are_found_in_pods_in_custom_resources_and_in_settings() -> None:
    env = least()
    texts = {
        "a.yaml": f"image: {env.registry}/ray:0.1.0\n",
        "b.yaml": f'"image": "{env.registry}/notebook-gpu:0.2.0",\n',
        "c.yaml": "image: quay.io/other/ray:9\n",
    }
    assert wanted(env, texts) == [Wanted("notebook-gpu", "0.2.0"), Wanted("ray", "0.1.0")]


def test_an_image_that_no_folder_has_is_refused_with_the_place_to_add_it() -> None:
    with pytest.raises(KeyError, match=r"own_images\.py"):
        folder_of("unknown")


@pytest.mark.parametrize("folder", FOLDERS)
def test_a_dockerfile_has_a_stage_for_each_image_and_starts_from_the_images_of_the_table(folder: str) -> None:
    assert set(FOLDERS[folder].images) <= stages(folder)
    assert arguments(folder) == {name: BASES[name] for name in FOLDERS[folder].bases}


@pytest.mark.parametrize("name", environment_names())
def test_everything_that_an_environment_runs_is_in_its_recipe(name: str) -> None:
    folder = ROOT / "rendered" / name
    env = load(name, ROOT / "environments")
    texts = {
        str(path): path.read_text(encoding="utf-8")
        for path in folder.rglob("*.yaml")
        if path.parent.name != "aws"
    }
    recipe: Any = json.loads((folder / "aws" / "docker-bake.json").read_text(encoding="utf-8"))
    assert sorted(recipe["target"]) == [each.name for each in wanted(env, texts)]
