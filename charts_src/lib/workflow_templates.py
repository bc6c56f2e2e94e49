"""What all our WorkflowTemplates share, written with Hera; slow to import, so only import it to compose.

Hera 7.1.0 checks names and types; the render then checks the whole against the full definition of
argo-workflows v4.1.4. Defaults of every workflow (user, log archive, end of life) are in the configuration of
the controller, lib/argo_workflows.py.
"""

from hera.workflows import Parameter, Resource, Step, Steps, WorkflowTemplate, models

from charts_src.emit import emit
from charts_src.lib.namespaces import TRAINING
from charts_src.objects import Body

GANGS = "workflow-gangs"
"""ServiceAccount of the steps that create, watch and remove MPIJobs."""

WORKFLOW_LABEL = "genai-on-eks/workflow"
"""Label of an MPIJob: the workflow that started it."""

_FAILED = "status.replicaStatuses.Launcher.failed > 0"
_SUCCEEDED = "status.replicaStatuses.Launcher.succeeded > 0"
"""Conditions over what mpi-operator v0.8.2 writes: Argo compares fields, it can't search a list.
As the launcher has no second try, one failed pod of it is the end of the MPIJob."""

_KEPT = ("nodeSelector", "serviceAccountName", "tolerations", "volumes")


def container_template(name: str, spec: Body, *, retries: int, minutes: int) -> models.Template:
    """Give a step that runs the one container of a PodSpec; each try may take `minutes`.

    The pod keeps its node: Karpenter would begin the step anew elsewhere.
    """
    (main,) = spec["containers"]
    return models.Template.model_validate(
        {
            "name": name,
            "metadata": {"annotations": {"karpenter.sh/do-not-disrupt": "true"}},
            "activeDeadlineSeconds": minutes * 60,
            "container": {key: value for key, value in main.items() if key != "name"},
            **{key: spec[key] for key in _KEPT if key in spec},
        }
    ).model_copy(update={"retry_strategy": _retry_strategy(retries)})


def gang_template(name: str, job: Body, restarts: int) -> None:
    """Add steps that remove the gang of an earlier try, all of it, then start and watch a new one.

    Whatever ends a try, a lost node, a hung step or the loss of the pod that watches, is answered in one way:
    all pods of the gang are gone before the next try starts, so two gangs never write the same checkpoints.
    """
    labels = job["metadata"]["labels"] | {WORKFLOW_LABEL: "{{workflow.name}}"}
    labelled = job | {"metadata": job["metadata"] | {"labels": labels}}
    Resource(
        name=f"start-{name}",
        action="create",
        manifest=emit(labelled),
        set_owner_reference=True,
        success_condition=_SUCCEEDED,
        failure_condition=_FAILED,
        service_account_name=GANGS,
        annotations={"karpenter.sh/do-not-disrupt": "true"},
    )
    _removal(f"remove-{name}", job["metadata"]["name"])
    with Steps(name=name, retry_strategy=_retry_strategy(restarts)):
        Step(name="remove", template=f"remove-{name}")
        Step(name="start", template=f"start-{name}")


def removal_of_all(name: str) -> None:
    """Add a step that removes every gang of the workflow, however it ended."""
    _removal(name, f"--selector={WORKFLOW_LABEL}={{{{workflow.name}}}}")


def workflow_template(name: str, entrypoint: str, parameters: dict[str, str], days: int) -> WorkflowTemplate:
    """Give a WorkflowTemplate to fill; its parameters have these defaults and are the same in every step."""
    return WorkflowTemplate(
        name=name,
        namespace=TRAINING,
        entrypoint=entrypoint,
        arguments=[Parameter(name=key, value=value) for key, value in parameters.items()],
        active_deadline_seconds=days * 86_400,
    )


def _removal(name: str, which: str) -> None:
    """Wait until pods are gone too, which foreground deletion does; what isn't there is no failure."""
    Resource(
        name=name,
        action="delete",
        flags=["mpijobs.kubeflow.org", which, "--cascade=foreground"],
        service_account_name=GANGS,
        retry_strategy=_retry_strategy(3),
    )


def _retry_strategy(limit: int) -> models.RetryStrategy:
    """Try again whether the container failed or its pod was lost, after 30 seconds, a minute, two, ..."""
    backoff = models.Backoff(duration="30s", factor="2", cap="10m")
    return models.RetryStrategy(limit=str(limit), retry_policy="Always", backoff=backoff)
