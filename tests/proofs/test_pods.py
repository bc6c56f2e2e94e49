"""Projected pods are what the controllers make, down to what Pod Security looks at."""

from typing import Any

import pytest

from charts_src.proofs.pods import pods_of

LOCKED = {
    "allowPrivilegeEscalation": False,
    "capabilities": {"drop": ["ALL"]},
    "readOnlyRootFilesystem": True,
}


def body(api_version: str, kind: str, **spec: Any) -> dict[str, Any]:
    metadata = {"name": "it", "namespace": "shop"}
    return {"apiVersion": api_version, "kind": kind, "metadata": metadata, "spec": spec}


@pytest.mark.parametrize("kind", ["Alertmanager", "Prometheus"])
def test_the_operator_restricts_its_container_and_the_object_the_pod(kind: str) -> None:
    security = {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}}
    (pod,) = pods_of(body("monitoring.coreos.com/v1", kind, image="a", securityContext=security))
    assert pod.spec["securityContext"] == security
    (container,) = pod.spec["containers"]
    assert container.pop("ports")[0]["name"] == "web"
    assert container == {
        "name": kind.lower(),
        "image": "a",
        "resources": {},
        "securityContext": LOCKED,
        "volumeMounts": [],
    }


def workflow_pod(template: dict[str, Any], **spec: Any) -> dict[str, Any]:
    (pod,) = pods_of(body("argoproj.io/v1alpha1", "WorkflowTemplate", templates=[template], **spec))
    return pod.spec


def test_the_pod_of_a_step_has_its_volumes_and_a_main_container() -> None:
    template = {"name": "step", "container": {"image": "a"}, "volumes": [{"name": "tmp", "emptyDir": {}}]}
    spec = workflow_pod(template)
    assert spec["containers"] == [{"name": "main", "image": "a"}]
    assert spec["volumes"] == template["volumes"]


def test_a_step_is_restricted_by_the_controllers_defaults_unless_it_says_otherwise() -> None:
    step = {"name": "step", "container": {"image": "a"}}
    assert workflow_pod(step)["securityContext"] == {
        "runAsNonRoot": True,
        "runAsUser": 1000,
        "runAsGroup": 1000,
        "fsGroup": 1000,
        "fsGroupChangePolicy": "OnRootMismatch",
        "seccompProfile": {"type": "RuntimeDefault"},
    }
    assert workflow_pod(step | {"securityContext": {"runAsUser": 7}})["securityContext"] == {"runAsUser": 7}


def test_the_pods_of_spark_have_the_annotations_of_their_template_and_role() -> None:
    driver = {
        "cores": 1,
        "annotations": {"role": "driver"},
        "template": {"metadata": {"annotations": {"karpenter.sh/do-not-disrupt": "true"}}},
    }
    first, second = pods_of(
        body("sparkoperator.k8s.io/v1beta2", "SparkApplication", driver=driver, executor={"cores": 1})
    )
    assert first.annotations == {"karpenter.sh/do-not-disrupt": "true", "role": "driver"}
    assert second.annotations == {}


def test_the_head_of_a_ray_cluster_that_scales_has_the_container_of_the_autoscaler() -> None:
    head = {"template": {"spec": {"containers": [{"name": "ray-head", "image": "a"}]}}}
    options = {"resources": {"limits": {"cpu": "1"}}, "idleTimeoutSeconds": 60}
    fixed = body("ray.io/v1", "RayCluster", headGroupSpec=head, autoscalerOptions=options)
    scaling = body(
        "ray.io/v1",
        "RayCluster",
        headGroupSpec=head,
        autoscalerOptions=options,
        enableInTreeAutoscaling=True,
    )
    assert [each["name"] for each in pods_of(fixed)[0].spec["containers"]] == ["ray-head"]
    assert pods_of(scaling)[0].spec["containers"][1] == {
        "name": "autoscaler",
        "image": "a",
        "imagePullPolicy": "IfNotPresent",
        "resources": {"limits": {"cpu": "1"}},
    }
