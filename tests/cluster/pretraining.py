"""What Argo Workflows makes of the rendered workflow llama2-pretraining, with other parameters."""

import re
from typing import Any

import yaml

from charts_src.objects import Body
from tools.cluster.tree import rendered


def mpi_job(env: str, step: str, **parameters: str) -> Body:
    """Give the MPIJob that a step of the workflow creates."""
    workflow, template = _template(env, f"start-{step}")
    body: Body = yaml.safe_load(_filled(workflow, template["resource"]["manifest"], parameters))
    body["metadata"]["namespace"] = workflow["metadata"]["namespace"]
    return body


def step_pod(env: str, step: str, **parameters: str) -> Body:
    """Give a pod with what a step of the workflow runs, without the containers of Argo Workflows."""
    workflow, template = _template(env, step)
    text = _filled(workflow, yaml.safe_dump(template), parameters)
    filled: dict[str, Any] = yaml.safe_load(text)
    spec: Body = {
        "containers": [{"name": "main", **filled["container"]}],
        "restartPolicy": "Never",
        "automountServiceAccountToken": False,
        "securityContext": _defaults(env)["securityContext"],
    }
    spec |= {key: filled[key] for key in ("nodeSelector", "serviceAccountName", "volumes")}
    metadata = {"name": step, "namespace": workflow["metadata"]["namespace"]}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec}


def _defaults(env: str) -> Body:
    """Give what the controller of Argo Workflows adds to the spec of every workflow."""
    (config,) = rendered(env, "ConfigMap", "workflow-controller-configmap")
    defaults: Body = yaml.safe_load(config["data"]["config"])["workflowDefaults"]["spec"]
    return defaults


def _template(env: str, name: str) -> tuple[Body, Body]:
    (workflow,) = rendered(env, "WorkflowTemplate", "llama2-pretraining")
    (template,) = (each for each in workflow["spec"]["templates"] if each["name"] == name)
    return workflow, template


def _filled(workflow: Body, text: str, parameters: dict[str, str]) -> str:
    given = {each["name"]: each["value"] for each in workflow["spec"]["arguments"]["parameters"]}
    given |= {name.replace("_", "-"): value for name, value in parameters.items()}
    values = {f"workflow.parameters.{name}": value for name, value in given.items()}
    values["workflow.name"] = "proof"
    return re.sub(r"{{(.*?)}}", lambda match: values[match[1]], text)
