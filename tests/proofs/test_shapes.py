"""Pods in texts and in open fields are checked as pods are."""

import pytest

from charts_src.objects import Identity
from charts_src.proofs.pods import Pod
from charts_src.proofs.shapes import misspelled
from tests.ray_environment import environment

SPARK = Identity("sparkoperator.k8s.io", "SparkApplication", "spark", "text")
WORKFLOW = Identity("argoproj.io", "WorkflowTemplate", "training", "llama2")
DEPLOYMENT = Identity("apps", "Deployment", "shop", "web")


def problems(owner: Identity, path: str, **fields: object) -> list[str]:
    pod = Pod(owner, path, "shop", {}, {"containers": [{"name": "main", "image": "a"}], **fields})
    return [str(each) for each in misspelled([pod], environment())]


@pytest.mark.parametrize(
    ("owner", "path"),
    [(SPARK, "spec.driver.spec"), (WORKFLOW, "spec.templates[0].resource.manifest: spec.template.spec")],
)
def test_a_misspelled_field_of_a_pod_that_no_schema_describes_is_found(owner: Identity, path: str) -> None:
    assert problems(owner, path, securityContext={"runAsUser": 1000}) == []
    assert problems(owner, path, securityContext={"runAsUserx": 1000}) == [
        f"{owner}: {path}: spec.securityContext.runAsUserx: unknown field (did you mean 'runAsUser'?)"
    ]


def test_a_pod_that_the_schema_of_its_object_describes_is_left_to_that() -> None:
    assert problems(DEPLOYMENT, "spec.template.spec", hostnamex="a") == []
