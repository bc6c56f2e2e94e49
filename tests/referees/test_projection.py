"""Referees get every object, and every pod as its controller makes it."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from charts_src import ROOT
from charts_src.objects import Body
from charts_src.proofs.tree import read_objects
from tools.referees.projection import Subject, subjects, write

PROD = ROOT / "rendered" / "prod"


@pytest.fixture(scope="module")
def prod() -> list[Subject]:
    return subjects(PROD)


def pod(found: list[Subject], origin: str) -> Body:
    (body,) = [each.body for each in found if each.origin == f"rendered/prod/{origin}"]
    assert body["kind"] == "Pod"
    return body


def container(spec: Body, name: str, field: str = "containers") -> dict[str, Any]:
    (found,) = [each for each in spec[field] if each["name"] == name]
    return dict(found)


def test_every_rendered_object_and_every_projected_pod_gets_a_file(
    prod: list[Subject], tmp_path: Path
) -> None:
    write(prod, tmp_path)
    files = {path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*.yaml")}
    assert files == {each.path for each in prod}
    assert len(files) == len(prod)
    assert [each.owner for each in prod if ": " not in each.origin] == list(read_objects(PROD))


def test_pods_that_a_referee_finds_by_itself_are_not_projected_as_well(prod: list[Subject]) -> None:
    owners = {each.owner.kind for each in prod if each.body["kind"] == "Pod"}
    assert owners == {
        "Alertmanager",
        "Prometheus",
        "RayCluster",
        "RayService",
        "ScheduledSparkApplication",
        "WorkflowTemplate",
    }


def test_a_worker_of_ray_waits_for_its_head_in_a_container_as_restricted_as_its_own(
    prod: list[Subject],
) -> None:
    body = pod(prod, "ray-cluster/raycluster-shared.yaml: spec.workerGroupSpecs[0].template.spec")
    assert body["metadata"]["namespace"] == "ray"
    assert body["spec"]["serviceAccountName"] == "shared"
    waits = container(body["spec"], "wait-gcs-ready", "initContainers")
    ray = container(body["spec"], "ray-worker")
    assert (waits["image"], waits["securityContext"]) == (ray["image"], ray["securityContext"])
    assert waits["resources"]["limits"] == {"cpu": "200m", "memory": "256Mi"}


def test_a_head_that_scales_has_the_autoscaler_of_its_options(prod: list[Subject]) -> None:
    body = pod(prod, "ray-cluster/raycluster-shared.yaml: spec.headGroupSpec.template.spec")
    autoscaler = container(body["spec"], "autoscaler")
    assert autoscaler["image"] == container(body["spec"], "ray-head")["image"]
    assert autoscaler["securityContext"]["readOnlyRootFilesystem"] is True
    assert "livenessProbe" not in autoscaler


def test_a_step_of_a_workflow_has_the_containers_that_argo_is_told_to_add(prod: list[Subject]) -> None:
    body = pod(prod, "training-workflows/workflowtemplate-llama2-prune-checkpoints.yaml: spec.templates[0]")
    assert [each["name"] for each in body["spec"]["containers"]] == ["wait", "main"]
    before = container(body["spec"], "init", "initContainers")
    assert before["image"].startswith("quay.io/argoproj/argoexec:v")
    assert before["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "capabilities": {"drop": ["ALL"]},
    }


def test_a_step_that_creates_an_object_is_a_pod_beside_those_of_the_object(prod: list[Subject]) -> None:
    place = "training-workflows/workflowtemplate-llama2-pretraining.yaml: spec.templates[3].resource"
    creates = pod(prod, place)
    assert creates["spec"]["serviceAccountName"] == "workflow-gangs"
    assert [each["name"] for each in creates["spec"]["containers"]] == ["main"]
    worker = pod(prod, f"{place}.manifest: spec.mpiReplicaSpecs.Worker.template.spec")
    assert [each["name"] for each in worker["spec"]["containers"]] == ["worker"]


def test_prometheus_has_its_probes_and_a_reloader(prod: list[Subject]) -> None:
    spec = pod(prod, "prometheus/prometheus-prometheus.yaml: spec")["spec"]
    main, reloader = container(spec, "prometheus"), container(spec, "config-reloader")
    assert main["livenessProbe"]["httpGet"]["path"] == "/-/healthy"
    assert main["readinessProbe"]["httpGet"]["path"] == "/-/ready"
    assert reloader["image"].startswith("quay.io/prometheus-operator/prometheus-config-reloader:v")
    assert reloader["resources"]["limits"] == {"cpu": "100m", "memory": "64Mi"}
    assert spec["automountServiceAccountToken"] is True


def test_a_name_with_an_expression_is_written_as_a_name(prod: list[Subject], tmp_path: Path) -> None:
    path = "training-workflows/workflowtemplate-llama2-pretraining.yaml"
    (template,) = [each for each in prod if each.path == path]
    write([template], tmp_path)
    written = yaml.safe_load((tmp_path / path).read_text())
    assert "llama2-run-{{" in str(template.body["spec"]["synchronization"])
    assert "llama2-run-x" in str(written["spec"]["synchronization"])
