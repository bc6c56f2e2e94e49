"""Jobs that a person starts: a run of its own of what is rendered, followed to its end.

A workflow is started from the WorkflowTemplate that Argo CD has synced, as the controller demands it
(templateReferencing: Strict). A RayJob and a Spark application are made of the rendered object, under a new
name, so that the object that Argo CD keeps is left alone.

Sources of states: argo-workflows v4.1.4 (workflow_phase.go), ray-operator v1.6.2 (rayjob_types.go),
spark-operator v2.5.2 (api/v1beta2/sparkapplication_types.go).
"""

import json
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from charts_src.errors import UserError
from charts_src.objects import Body, Identity

Objects = Mapping[Identity, Body]


class Source(NamedTuple):
    """What a job is made of."""

    kind: str
    name: str = ""
    """Name of the object; empty where there is one of its kind, named by the environment."""


SOURCES = {
    "llama2": Source("WorkflowTemplate", "llama2-pretraining"),
    "prune-checkpoints": Source("WorkflowTemplate", "llama2-prune-checkpoints"),
    "ray-train": Source("RayJob"),
    "stable-diffusion-finetune": Source("WorkflowTemplate", "stable-diffusion-finetune"),
    "text-pipeline": Source("ScheduledSparkApplication", "text-pipeline"),
}
"""Job -> what it is made of."""

_STATES = {
    "RayJob": ("jobDeploymentStatus", {"Complete"}, {"Failed", "ValidationFailed"}),
    "SparkApplication": ("applicationState.state", {"COMPLETED"}, {"FAILED"}),
    "Workflow": ("phase", {"Succeeded"}, {"Failed", "Error"}),
}
"""Kind -> field of its status, values that mean it went well, values that mean it did not."""

_PAUSE_SECONDS = 5.0


class Kubectl:
    """kubectl for one cluster, whatever the person's own configuration points at."""

    def __init__(self, kubeconfig: Path) -> None:
        """Use a kubeconfig. Raises UserError when it is not there."""
        if not kubeconfig.is_file():
            raise UserError(f"{kubeconfig}: not there; make bootstrap with RUN=1 writes it")
        self._words = ("kubectl", f"--kubeconfig={kubeconfig}")

    def __call__(self, *words: str, given: str = "") -> str:
        """Run a command and give its output. Raises UserError with what kubectl says when it fails."""
        try:
            done = subprocess.run(
                (*self._words, *words), input=given, capture_output=True, text=True, check=False
            )
        except FileNotFoundError:
            raise UserError("kubectl: not found; install it (kubernetes.io/docs/tasks/tools)") from None
        if done.returncode:
            raise UserError(f"kubectl {words[0]}: {done.stderr.strip()}")
        return done.stdout


def manifest(objects: Objects, job: str, step: str, settings: Sequence[str]) -> Body:
    """Give the object to create; `settings` are parameters of a workflow as name=value.

    Raises UserError for a job that the environment has not, a step or a parameter that the job has not.
    """
    source = SOURCES[job]
    found = [
        body
        for identity, body in objects.items()
        if identity.kind == source.kind and source.name in ("", identity.name)
    ]
    if not found:
        raise UserError(f"{job}: this environment has none; add its section to environments/ and render")
    body = found[0]
    if source.kind == "WorkflowTemplate":
        return _workflow(body, step, settings)
    if step or settings:
        raise UserError(f"{job}: takes no STEP or SET; change its section in environments/ and render")
    return _spark(body) if source.kind == "ScheduledSparkApplication" else _copy(body, body["spec"], "RayJob")


def follow(
    kubectl: Kubectl, created: str, namespace: str, say: Callable[[str], None], pause: float = _PAUSE_SECONDS
) -> bool:
    """Say each state of a job, <kind>/<name>, until its end; give whether it went well."""
    last = ""
    while True:
        body: Body = json.loads(kubectl("get", created, f"--namespace={namespace}", "--output=json"))
        field, good, bad = _STATES[body["kind"]]
        status = body.get("status", {})
        state = str(_at(status, field) or "waits")
        line = " ".join(filter(None, (state, status.get("progress", ""), status.get("message", ""))))
        if line != last:
            say(f"{created}: {line}")
            last = line
        if state in good | bad:
            return state in good and status.get("jobStatus") not in ("FAILED", "STOPPED")
        time.sleep(pause)


def _workflow(template: Body, step: str, settings: Sequence[str]) -> Body:
    name = template["metadata"]["name"]
    steps = [each["name"] for each in template["spec"]["templates"]]
    parameters = [each["name"] for each in template["spec"].get("arguments", {}).get("parameters", ())]
    if step and step not in steps:
        raise UserError(f"STEP={step}: no step of {name}; write one of {', '.join(steps)}")
    given = []
    for setting in settings:
        key, equals, value = setting.partition("=")
        if not equals or key not in parameters:
            known = ", ".join(parameters) or "none, it has no parameters"
            raise UserError(f"SET={setting}: no parameter of {name}; write name=value with one of {known}")
        given.append({"name": key, "value": value})
    spec: Body = {"workflowTemplateRef": {"name": name}}
    spec |= {"entrypoint": step} if step else {}
    spec |= {"arguments": {"parameters": given}} if given else {}
    return _copy(template, spec, "Workflow")


def _spark(scheduled: Body) -> Body:
    return _copy(scheduled, scheduled["spec"]["template"], "SparkApplication")


def _copy(body: Body, spec: Body, kind: str) -> Body:
    """Give an object of its own: the API server completes its name, and no application of Argo CD owns it."""
    metadata = body["metadata"]
    queue = {key: value for key, value in metadata.get("labels", {}).items() if "kueue" in key}
    return {
        "apiVersion": body["apiVersion"],
        "kind": kind,
        "metadata": {
            "generateName": f"{metadata['name']}-",
            "namespace": metadata["namespace"],
            **({"labels": queue} if queue else {}),
        },
        "spec": spec,
    }


def _at(status: Body, field: str) -> Any:
    value: Any = status
    for key in field.split("."):
        value = value.get(key) if isinstance(value, dict) else None
    return value
