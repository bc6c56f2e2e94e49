from typing import Any

import pytest

from charts_src.policy.images import foreign
from tests.objects import deployment, thing
from tests.ray_environment import environment

MIRROR = {"mirrors": {"quay.io": "111122223333.dkr.ecr.us-west-2.amazonaws.com/quay"}}


def violations(image: str, **images: Any) -> list[str]:
    body = deployment("web", "shop", containers=[{"name": "main", "image": image}])
    return [str(found) for found in foreign(body, environment(images=images))]


@pytest.mark.parametrize("image", ["quay.io/a:1", "registry.example.com/genai/own:1"])
def test_an_allowed_registry_and_the_environments_own_pass(image: str) -> None:
    assert violations(image) == []


def test_another_registry_is_refused_with_the_path_and_the_remedy() -> None:
    assert violations("evil.example.com/a:1") == [
        "spec.template.spec.containers[0].image: evil.example.com/a:1 comes from a registry that is not "
        "allowed; use lib/images.image for a mirrored registry, or add it to images.registries"
    ]


def test_where_a_registry_is_mirrored_its_images_come_from_the_mirror_only() -> None:
    assert len(violations("quay.io/a:1", **MIRROR)) == 1
    assert violations("111122223333.dkr.ecr.us-west-2.amazonaws.com/quay/a:1", **MIRROR) == []


def test_an_image_in_a_field_of_a_custom_resource_is_found_too() -> None:
    body = thing("sparkoperator.k8s.io/SparkApplication", "a", "shop", spec={"image": "evil.example.com/a:1"})
    assert [found.path for found in foreign(body, environment())] == ["spec.image"]
