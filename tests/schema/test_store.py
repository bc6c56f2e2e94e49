"""The strict check of one object while rendering."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from charts_src.schema.sources import KUBERNETES
from charts_src.schema.store import installable_crd, problems

GOOD = sorted((Path(__file__).parent / "good").glob("*.yaml"))


def deployment(**container: Any) -> dict[str, Any]:
    pod = {"containers": [{"name": "a", "image": "a:1", **container}]}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "a"},
        "spec": {"selector": {"matchLabels": {"app": "a"}}, "template": {"spec": pod}},
    }


@pytest.mark.parametrize("minor", KUBERNETES)
@pytest.mark.parametrize("path", GOOD, ids=lambda path: path.stem)
def test_a_good_object_has_no_problems(path: Path, minor: str) -> None:
    assert problems(yaml.safe_load(path.read_text()), minor) == []


def test_an_unknown_field_is_named_with_the_field_that_was_meant() -> None:
    assert problems(deployment(imagePullPolicyy="Always"), "1.36") == [
        "spec.template.spec.containers[0].imagePullPolicyy: unknown field (did you mean 'imagePullPolicy'?)"
    ]


def test_an_unknown_field_like_no_other_has_no_suggestion() -> None:
    assert problems(deployment(xyzzy=1), "1.36") == ["spec.template.spec.containers[0].xyzzy: unknown field"]


def test_a_wrong_type_says_which_are_right() -> None:
    probe = {"httpGet": {"port": 1.5}}
    assert problems(deployment(args=[8080], livenessProbe=probe), "1.36") == [
        "spec.template.spec.containers[0].args[0]: 8080 is not of type string",
        "spec.template.spec.containers[0].livenessProbe.httpGet.port: 1.5 is not of type integer or string",
    ]


def test_each_missing_field_is_named_once() -> None:
    body = {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "a"}, "spec": {}}
    assert problems(body, "1.36") == [
        "spec.selector: required field is missing",
        "spec.template: required field is missing",
    ]


def test_a_value_outside_an_enum_lists_the_choices() -> None:
    body = yaml.safe_load((Path(__file__).parent / "good" / "nodepool.yaml").read_text())
    body["spec"]["disruption"]["consolidationPolicy"] = "Never"
    assert problems(body, "1.36") == [
        "spec.disruption.consolidationPolicy: 'Never' is not one of"
        " ['WhenEmpty', 'WhenEmptyOrUnderutilized', 'Balanced']"
    ]


def test_a_kind_without_a_schema_is_a_problem() -> None:
    body = {"apiVersion": "ray.io/v1alpha1", "kind": "RayService", "metadata": {"name": "a"}}
    assert problems(body, "1.36") == [
        "kind: no schema for ray.io/v1alpha1 RayService (Kubernetes 1.36); see charts_src/schema/sources.py"
    ]


def test_a_field_newer_than_the_cluster_is_a_problem_there() -> None:
    body = deployment()
    body["spec"]["template"]["spec"]["schedulingGroup"] = {"podGroupName": "a"}
    assert problems(body, "1.36") == []
    assert problems(body, "1.34") != []


def test_an_installable_crd_is_whole_but_for_its_prose() -> None:
    crd = installable_crd("rayservices.ray.io")
    assert [version["name"] for version in crd["spec"]["versions"]] == ["v1", "v1alpha1"]
    assert sorted(crd) == ["apiVersion", "kind", "metadata", "spec"]
    assert crd["metadata"]["name"] == "rayservices.ray.io"


def test_the_caller_may_change_the_crd_it_got() -> None:
    installable_crd("nodepools.karpenter.sh")["spec"].clear()
    assert installable_crd("nodepools.karpenter.sh")["spec"]["group"] == "karpenter.sh"


@pytest.mark.parametrize("name", ["nodepools.karpenter.sh", "rayclusters.ray.io"])
def test_an_installable_crd_fits_the_schema_of_crds(name: str) -> None:
    assert problems(installable_crd(name), "1.36") == []
