"""The page about components says of each what a platform engineer asks first."""

from charts_src import ROOT
from charts_src.docs import components_page
from charts_src.registry import COMPONENTS
from tests.ray_environment import environment


def test_every_component_that_an_environment_has_is_on_the_page() -> None:
    page = (ROOT / "docs" / "components.md").read_text()
    assert [line.removeprefix("## ") for line in page.splitlines() if line.startswith("## ")] == [
        each.name for each in COMPONENTS
    ]


def test_a_component_tells_version_objects_permissions_ports_and_settings() -> None:
    page = components_page({"dev": environment()})
    section = page.partition("\n## kuberay-operator\n")[2].partition("\n## ")[0]
    assert "Sources, all ray-operator v1.6.2: config/manager" in section
    for line in (
        "| Version | kuberay 1.6.2 |",
        "| Environments | dev |",
        "| Images | `quay.io/kuberay/operator:v1.6.2` |",
        "| Ports | 8080 (http), 8082 (health) |",
        "| ClusterRole kuberay-operator | ray.io | rayclusters, rayjobs, rayservices "
        "| create, delete, get, list, patch, update, watch |",
        "| `kuberay.replicas` | `2` | Pods of the operator; one leads, the others take over when it fails. |",
    ):
        assert line in section.splitlines()


def test_permissions_in_aws_are_listed_by_account() -> None:
    page = components_page({"dev": environment()})
    section = page.partition("\n## karpenter\n")[2].partition("\n## ")[0]
    assert (
        "| karpenter/karpenter | interruption | InterruptionQueue | sqs:DeleteMessage, sqs:GetQueueUrl, "
        "sqs:ReceiveMessage |"
    ) in section.splitlines()
