from pathlib import Path
from typing import Any

import pytest
import yaml
from cdk8s import App

from charts_src.components.admission_policies import AdmissionPolicies
from charts_src.lib.namespaces import NAMESPACES
from charts_src.lib.registries import allowed_prefixes
from charts_src.objects import AWS_FOLDER, Body, all_containers, pod_specs
from tests.ray_environment import environment, rendered

ROOT = Path(__file__).parents[2]
NAMES = {"exact-images", "images-from-known-registries", "no-hold-on-nodes", "own-account-for-tokens"}


def policies(**sections: Any) -> dict[str, Body]:
    return rendered(AdmissionPolicies(App(), environment(**sections)))


def test_each_policy_is_bound_and_enforced() -> None:
    objects = policies()
    for name in NAMES:
        assert objects[f"ValidatingAdmissionPolicyBinding/genai-on-eks-{name}"]["spec"] == {
            "policyName": f"genai-on-eks-{name}",
            "validationActions": ["Audit", "Deny"],
        }
        assert objects[f"ValidatingAdmissionPolicy/genai-on-eks-{name}"]["spec"]["failurePolicy"] == "Fail"
    assert len(objects) == 2 * len(NAMES)


def test_they_can_only_report() -> None:
    actions = {
        tuple(body["spec"]["validationActions"])
        for body in policies(security={"admission": "audit"}).values()
        if body["kind"].endswith("Binding")
    }
    assert actions == {("Audit", "Warn")}


def test_no_other_namespace_than_ours_is_touched() -> None:
    for body in policies().values():
        if body["kind"] == "ValidatingAdmissionPolicy":
            (expression,) = body["spec"]["matchConstraints"]["namespaceSelector"]["matchExpressions"]
            assert expression["operator"] == "In"
            assert set(expression["values"]) <= set(NAMESPACES)


def test_agents_may_hold_on_to_nodes_in_the_namespaces_for_that() -> None:
    policy = policies()["ValidatingAdmissionPolicy/genai-on-eks-no-hold-on-nodes"]
    (expression,) = policy["spec"]["matchConstraints"]["namespaceSelector"]["matchExpressions"]
    assert "node-agents" not in expression["values"]
    assert "training" in expression["values"]


def test_a_mirror_takes_the_place_of_its_registry() -> None:
    mirrored = environment(images={"mirrors": {"quay.io": "registry.example.com/quay"}})
    assert "registry.example.com/quay/" in allowed_prefixes(mirrored)
    assert "quay.io/" not in allowed_prefixes(mirrored)
    assert "registry.example.com/genai/" in allowed_prefixes(mirrored)


@pytest.mark.parametrize("folder", sorted((ROOT / "rendered").iterdir()), ids=lambda folder: folder.name)
def test_every_image_that_is_rendered_comes_from_an_allowed_registry(folder: Path) -> None:
    policy = (
        folder / "admission-policies/validatingadmissionpolicy-genai-on-eks-images-from-known-registries.yaml"
    )
    (validation,) = yaml.safe_load(policy.read_text())["spec"]["validations"]
    allowed = tuple(validation["expression"].partition("[")[2].partition("]")[0].replace("'", "").split(", "))
    for path in folder.glob("*/*.yaml"):
        if "customresourcedefinition" in path.name or path.parent.name == AWS_FOLDER:
            continue
        body = yaml.safe_load(path.read_text())
        for _, spec in pod_specs(body):
            for place, container in all_containers(spec):
                assert container["image"].startswith(allowed), f"{path.name}: {place}"
