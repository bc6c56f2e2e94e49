"""Jobs that a person starts: what is created, how it is followed, and what is refused."""

import json
from pathlib import Path
from typing import Any

import pytest

from charts_src.commands import JOBS
from charts_src.errors import UserError
from charts_src.jobs import SOURCES, Kubectl, follow, manifest
from charts_src.workspace import objects

DEV = objects("dev")


def kubectl(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *answers: Any) -> Kubectl:
    """Give kubectl as a program that answers one JSON text after the other."""
    for number, answer in enumerate(answers, 1):
        (tmp_path / str(number)).write_text(json.dumps(answer))
    program = tmp_path / "kubectl"
    program.write_text(
        f'#!/bin/sh\ncd "{tmp_path}"; echo "$@" >>log; set -- $(ls | grep -E "^[0-9]+$" | sort -n)\n'
        '[ $# -gt 0 ] || { echo "connection refused" >&2; exit 1; }\ncat "$1"; rm "$1"\n'
    )
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    kubeconfig = tmp_path / "kubeconfig"
    kubeconfig.write_text("")
    return Kubectl(kubeconfig)


def test_a_workflow_is_started_from_its_synced_template_with_the_given_parameters() -> None:
    assert manifest(DEV, "llama2", "train", ["run=try", "steps=20"]) == {
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "Workflow",
        "metadata": {"generateName": "llama2-pretraining-", "namespace": "training"},
        "spec": {
            "workflowTemplateRef": {"name": "llama2-pretraining"},
            "entrypoint": "train",
            "arguments": {"parameters": [{"name": "run", "value": "try"}, {"name": "steps", "value": "20"}]},
        },
    }


def test_a_ray_job_is_a_copy_of_the_rendered_one_in_the_same_queue() -> None:
    body = manifest(DEV, "ray-train", "", [])
    (rendered,) = (each for identity, each in DEV.items() if identity.kind == "RayJob")
    assert body["metadata"] == {
        "generateName": "train-smoke-",
        "namespace": "training",
        "labels": {"kueue.x-k8s.io/priority-class": "training", "kueue.x-k8s.io/queue-name": "default"},
    }
    assert body["spec"] == rendered["spec"]


def test_a_spark_application_runs_now_what_its_schedule_would_run() -> None:
    body = manifest(DEV, "text-pipeline", "", [])
    assert (body["kind"], body["metadata"]["generateName"]) == ("SparkApplication", "text-pipeline-")
    assert body["spec"]["mainApplicationFile"] == "local:///opt/spark/app/text_pipeline.py"


def test_the_command_line_knows_every_job() -> None:
    assert set(JOBS) == set(SOURCES)


def test_every_job_that_dev_has_can_be_made() -> None:
    assert {job: manifest(DEV, job, "", [])["kind"] for job in SOURCES} == {
        "llama2": "Workflow",
        "prune-checkpoints": "Workflow",
        "ray-train": "RayJob",
        "stable-diffusion-finetune": "Workflow",
        "text-pipeline": "SparkApplication",
    }


@pytest.mark.parametrize(
    ("job", "step", "settings", "problem"),
    [
        (
            "llama2",
            "trian",
            [],
            r"STEP=trian: no step of llama2-pretraining; write one of download-",
        ),
        ("llama2", "", ["speed=9"], r"SET=speed=9: no parameter of llama2-pretraining; .* run, tokenizer"),
        ("llama2", "", ["steps"], r"SET=steps: no parameter"),
        ("prune-checkpoints", "", ["keep=1"], r"none, it has no parameters"),
        ("ray-train", "train", [], r"ray-train: takes no STEP or SET; change its section"),
    ],
)
def test_what_a_job_has_not_is_refused_with_what_it_has(
    job: str, step: str, settings: list[str], problem: str
) -> None:
    with pytest.raises(UserError, match=problem):
        manifest(DEV, job, step, settings)


def test_a_job_that_an_environment_has_not_is_refused() -> None:
    with pytest.raises(UserError, match="ray-train: this environment has none; add its section"):
        manifest({}, "ray-train", "", [])


def test_each_state_of_a_job_is_said_once_until_it_has_ended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    states = [{}, {"phase": "Running", "progress": "1/6"}, {"phase": "Running", "progress": "1/6"}]
    answers = [{"kind": "Workflow", "status": each} for each in (*states, {"phase": "Succeeded"})]
    said: list[str] = []
    assert follow(kubectl(tmp_path, monkeypatch, *answers), "workflow/a", "training", said.append, 0.0)
    assert said == ["workflow/a: waits", "workflow/a: Running 1/6", "workflow/a: Succeeded"]
    words = (tmp_path / "log").read_text().splitlines()[0]
    assert words.endswith("kubeconfig get workflow/a --namespace=training --output=json")


@pytest.mark.parametrize(
    ("kind", "status", "well"),
    [
        ("Workflow", {"phase": "Error", "message": "no node"}, False),
        ("RayJob", {"jobDeploymentStatus": "Complete", "jobStatus": "SUCCEEDED"}, True),
        ("RayJob", {"jobDeploymentStatus": "Complete", "jobStatus": "FAILED"}, False),
        ("RayJob", {"jobDeploymentStatus": "Failed"}, False),
        ("SparkApplication", {"applicationState": {"state": "COMPLETED"}}, True),
        ("SparkApplication", {"applicationState": {"state": "FAILED"}}, False),
    ],
)
def test_the_end_of_a_job_is_good_or_bad(
    kind: str, status: dict[str, Any], well: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer = {"kind": kind, "status": status}
    found = follow(kubectl(tmp_path, monkeypatch, answer), "x/a", "training", lambda _line: None, 0.0)
    assert found is well


def test_what_kubectl_says_is_passed_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UserError, match="kubectl create: connection refused"):
        kubectl(tmp_path, monkeypatch)("create", "--filename=-", given="{}")


def test_without_a_kubeconfig_the_remedy_is_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="make bootstrap with RUN=1 writes it"):
        Kubectl(tmp_path / "missing")
