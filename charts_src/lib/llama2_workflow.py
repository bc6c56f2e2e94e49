"""The workflows of Llama-2, written with Hera: pretraining, and the clean-up of old checkpoints.

Every step is a template of its own that reads the workflow's parameters, so each can be started alone:
`argo submit --from workflowtemplate/llama2-pretraining --entrypoint train --parameter steps=20000`, or with
"entrypoint" in the web interface. A run that is started again goes on where it stopped.

To look at a training gang: its pods are <workflow>-train-worker-<n>. `kubectl exec -it <pod> -- neuron-top`
shows the use of its NeuronCores, `neuron-monitor` prints the same as JSON; Prometheus has it too, from the
exporter on the node. Its curves are in TensorBoard, its logs where those of all pods are.
"""

from hera.workflows import CronWorkflow, Step, Steps, WorkflowTemplate, models
from hera.workflows.protocol import Templatable

from charts_src.lib.llama2 import (
    RUNS,
    TOKENIZER,
    dataset_directory,
    gang_job,
    run_directory,
    step_pod,
    tasks,
)
from charts_src.lib.namespaces import TRAINING
from charts_src.lib.workflow_templates import (
    container_template,
    gang_template,
    removal_of_all,
    workflow_template,
)
from charts_src.model import Environment
from charts_src.model.llama2 import Llama2
from charts_src.objects import Body

PRETRAINING = "llama2-pretraining"
PRUNE = "llama2-prune-checkpoints"

_QUEUE_DAYS = 14
"""Days that all gangs of a workflow may wait for their quota and their nodes together."""


def workflows(env: Environment, section: Llama2) -> tuple[Body, ...]:
    """Give the WorkflowTemplates and the CronWorkflow."""
    objects = (_pretraining(env, section), _pruning(env, section), _nightly())
    return tuple(item.to_dict() for item in objects)


def _pretraining(env: Environment, section: Llama2) -> WorkflowTemplate:
    """Let one workflow at a time work on a run: two would write the same checkpoints."""
    days = section.longest_hours // 24 + _QUEUE_DAYS
    template = workflow_template(PRETRAINING, "pretrain", _parameters(section), days)
    template.on_exit = "clean-up"
    template.synchronization = models.Synchronization(
        mutexes=[models.Mutex(name="llama2-run-{{workflow.parameters.run}}")]
    )
    template.templates += [*_downloads(env, section), _export(env, section)]
    with template:
        for task in tasks(section).values():
            job = gang_job(env, section, task, f"{{{{workflow.name}}}}-{task.name}")
            gang_template(task.name, job, section.restarts if task.name == "train" else 2)
        removal_of_all("remove-gangs")
        _order(compiled=env.karpenter.node_pools[section.gang.pool].accelerator == "trainium")
        with Steps(name="clean-up"):
            Step(name="remove-gangs", template="remove-gangs")
    return template


def _order(*, compiled: bool) -> None:
    with Steps(name="pretrain"):
        Step(name="download-tokenizer", template="download-tokenizer")
        Step(name="prepare-dataset", template="prepare-dataset")
        Step(name="check-network", template="check-network", when=_wanted("check-network"))
        if compiled:
            Step(name="precompile", template="precompile", when=_wanted("precompile"))
        Step(name="train", template="train")
        Step(name="evaluate", template="evaluate")
        Step(name="export", template="export")


def _downloads(env: Environment, section: Llama2) -> list[models.Template | Templatable]:
    download = step_pod(
        env, section, "download", "--source", "{{workflow.parameters.tokenizer}}", "--output", TOKENIZER
    )
    prepare = step_pod(
        env,
        section,
        "prepare",
        *("--dataset", "{{workflow.parameters.dataset}}", "--tokenizer", TOKENIZER),
        *("--sequence-length", "{{workflow.parameters.sequence-length}}", "--output", dataset_directory()),
    )
    return [
        container_template("download-tokenizer", download, retries=5, minutes=60),
        container_template("prepare-dataset", prepare, retries=5, minutes=24 * 60),
    ]


def _export(env: Environment, section: Llama2) -> models.Template:
    """Read and write one weight after the other: the model may be larger than the memory of the pod."""
    pod = step_pod(env, section, "export", "--run", run_directory(), "--tokenizer", TOKENIZER)
    return container_template("export", pod, retries=2, minutes=6 * 60)


def _pruning(env: Environment, section: Llama2) -> WorkflowTemplate:
    keep = ("--runs", RUNS, "--keep", str(section.checkpoints_kept))
    template = workflow_template(PRUNE, "prune", {}, 1)
    pruning = step_pod(env, section, "prune", *keep)
    template.templates += [container_template("prune", pruning, retries=2, minutes=120)]
    return template


def _nightly() -> CronWorkflow:
    """Leave runs alone while they train: what is pruned is older than what a restart would read."""
    return CronWorkflow(
        name=PRUNE,
        namespace=TRAINING,
        schedules=["30 3 * * *"],
        timezone="Etc/UTC",
        concurrency_policy="Forbid",
        starting_deadline_seconds=3600,
        successful_jobs_history_limit=3,
        failed_jobs_history_limit=3,
        workflow_template_ref=models.WorkflowTemplateRef(name=PRUNE),
    )


def _parameters(section: Llama2) -> dict[str, str]:
    return {
        "run": section.model,
        "tokenizer": section.tokenizer,
        "dataset": section.dataset,
        "sequence-length": str(section.sequence_length),
        "global-batch": str(section.global_batch),
        "steps": str(section.steps),
        "check-network": "true" if section.gang.workers > 1 else "false",
        "precompile": "true",
    }


def _wanted(parameter: str) -> str:
    return f"{{{{workflow.parameters.{parameter}}}}} == true"
