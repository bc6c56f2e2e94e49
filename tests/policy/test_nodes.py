"""A node that may mount the shared file system never has an image without the Lustre client."""

from typing import Any

import pytest
from cdk8s import App

from charts_src.components.node_pools import NodePools
from charts_src.lib.lustre import CLIENTS
from charts_src.objects import Body
from charts_src.policy import violations
from tests.ray_environment import environment

MESSAGE = (
    "spec.amiSelectorTerms[0]: selects images that may lack the Lustre client, without which pods with the "
    "shared file system wait forever; select one of al2023, bottlerocket by alias"
)


def node_class(*terms: dict[str, Any]) -> Body:
    return {
        "apiVersion": "karpenter.k8s.aws/v1",
        "kind": "EC2NodeClass",
        "metadata": {"name": "gpu"},
        "spec": {"amiSelectorTerms": list(terms)},
    }


@pytest.mark.parametrize("family", CLIENTS)
def test_images_that_are_known_to_have_the_client_are_fine(family: str) -> None:
    assert list(violations(node_class({"alias": f"{family}@v20260714"}))) == []


@pytest.mark.parametrize(
    "term", [{"alias": "windows2022@latest"}, {"id": "ami-0123456789abcdef0"}, {"tags": {"team": "ai"}}]
)
def test_images_that_may_lack_the_client_are_found(term: dict[str, Any]) -> None:
    assert [str(found) for found in violations(node_class(term))] == [MESSAGE]


def test_one_bad_term_among_good_ones_is_found() -> None:
    body = node_class({"alias": "al2023@v20260714"}, {"name": "my-image"})
    assert [found.path for found in violations(body)] == ["spec.amiSelectorTerms[1]"]


def test_every_pool_of_ours_can_mount_the_shared_file_system() -> None:
    bodies = [body for body in NodePools(App(), environment()).objects() if body["kind"] == "EC2NodeClass"]
    assert bodies
    assert not [found for body in bodies for found in violations(body)]
