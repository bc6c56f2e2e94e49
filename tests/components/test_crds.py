import pytest
from cdk8s import App

from charts_src.components.crds import KarpenterCrds, KubeRayCrds
from charts_src.manifest import Component
from tests.ray_environment import environment


@pytest.mark.parametrize(
    ("component", "names", "versions"),
    [
        (
            KarpenterCrds,
            [
                "capacitybuffers.autoscaling.x-k8s.io",
                "ec2nodeclasses.karpenter.k8s.aws",
                "nodeclaims.karpenter.sh",
                "nodeoverlays.karpenter.sh",
                "nodepools.karpenter.sh",
            ],
            {"karpenter": "1.15.1"},
        ),
        (
            KubeRayCrds,
            ["rayclusters.ray.io", "rayjobs.ray.io", "rayservices.ray.io"],
            {"kuberay": "1.6.2"},
        ),
    ],
)
def test_definitions_of_the_version_that_the_operator_has(
    component: type[Component], names: list[str], versions: dict[str, str]
) -> None:
    chart = component(App(), environment())
    bodies = chart.objects()
    assert [body["metadata"]["name"] for body in bodies] == names
    assert {body["kind"] for body in bodies} == {"CustomResourceDefinition"}
    assert not any("namespace" in body["metadata"] for body in bodies)
    assert chart.versions() == versions


def test_the_schema_of_ray_services_comes_through_whole() -> None:
    bodies = {body["metadata"]["name"]: body for body in KubeRayCrds(App(), environment()).objects()}
    (version,) = (v for v in bodies["rayservices.ray.io"]["spec"]["versions"] if v["storage"])
    properties = version["schema"]["openAPIV3Schema"]["properties"]["spec"]["properties"]
    assert {"serveConfigV2", "rayClusterConfig", "upgradeStrategy"} <= set(properties)
