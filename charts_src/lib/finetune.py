"""Fine-tuning of Stable Diffusion as a workflow of one step, written with Hera.

The command is a contract with the image stable-diffusion-finetune, which has the packages accelerate,
diffusers and peft and a user with id 1000:

accelerate launch --quiet --num_processes N --num_machines 1 --mixed_precision bf16
-m stable_diffusion_finetune.train
--base-model SOURCE --pictures s3://... --prompt TEXT --steps N --output s3://... --resume auto

With --quiet the launcher adds no traceback of its own to the line that says what is wrong with the input.
It downloads the pictures, trains LoRA weights on them as DreamBooth does, puts a checkpoint below OUTPUT now
and then, starts from the newest good one there, and at the end writes the weights to OUTPUT with the model
they belong to. It runs on the pool by itself, not in a queue: queues hold what trains on pools for training.
"""

from hera.workflows import models

from charts_src.lib.accelerators import NVIDIA_GPU
from charts_src.lib.images import own_image
from charts_src.lib.named_pool import in_pool
from charts_src.lib.pod import container, mount, pod, resources, scratch
from charts_src.lib.workflow_templates import container_template, workflow_template
from charts_src.model import Environment
from charts_src.model.finetune import StableDiffusionFinetune
from charts_src.objects import Body

NAME = "stable-diffusion-finetune"
"""Name of the WorkflowTemplate, of the image, and of the ServiceAccount."""

PICTURES = "finetune/"
"""Prefix in the data bucket: a folder of pictures for each subject."""

RESULTS = "stable-diffusion-finetuned/"
"""Prefix in the models bucket: a folder for each subject."""


def finetune_pod(env: Environment, section: StableDiffusionFinetune) -> Body:
    """Give the PodSpec of the step, without what Argo adds."""
    pool = env.karpenter.node_pools[section.pool]
    amounts = resources(str(section.cpus), f"{section.memory_gib}Gi", **{NVIDIA_GPU: str(section.gpus)})
    amounts["requests"]["ephemeral-storage"] = f"{section.disk_gib}Gi"
    main = container(
        "main",
        own_image(env, NAME, section.image_tag),
        command=["accelerate", "launch"],
        args=_arguments(env, section),
        env=[
            {"name": "HOME", "value": "/work"},
            {"name": "HF_HOME", "value": "/work/hugging-face"},
        ],
        resources=amounts,
        volumeMounts=[
            mount("work", "/work"),
            mount("tmp", "/tmp"),  # noqa: S108
            mount("shared-memory", "/dev/shm"),  # noqa: S108
        ],
    )
    return pod(
        main,
        serviceAccountName=NAME,
        volumes=[
            scratch("work", f"{section.disk_gib}Gi"),
            scratch("tmp", "5Gi"),
            scratch("shared-memory", "4Gi", medium="Memory"),
        ],
        **in_pool(section.pool, pool),
    )


def workflow(env: Environment, section: StableDiffusionFinetune) -> Body:
    """Give the WorkflowTemplate; one at a time works on a subject, and one on a pool that serves models."""
    parameters = {
        "subject": "example-dog",
        "prompt": "a photo of sks dog",
        "base-model": section.base_model,
        "steps": str(section.steps),
    }
    template = workflow_template(NAME, "finetune", parameters, section.longest_hours // 24 + 2)
    template.synchronization = models.Synchronization(mutexes=[models.Mutex(name=NAME)])
    step = container_template(
        "finetune", finetune_pod(env, section), retries=3, minutes=section.longest_hours * 60
    )
    template.templates += [step]
    result: Body = template.to_dict()
    return result


def _arguments(env: Environment, section: StableDiffusionFinetune) -> list[str]:
    assert env.storage  # noqa: S101  # model/finetune.py demands it
    buckets, subject = env.storage.buckets, "{{workflow.parameters.subject}}"
    return [
        "--quiet",
        *("--num_processes", str(section.gpus), "--num_machines", "1", "--mixed_precision", "bf16"),
        *("-m", "stable_diffusion_finetune.train"),
        *("--base-model", "{{workflow.parameters.base-model}}"),
        *("--pictures", f"s3://{buckets.data}/{PICTURES}{subject}/"),
        *("--prompt", "{{workflow.parameters.prompt}}"),
        *("--steps", "{{workflow.parameters.steps}}"),
        *("--output", f"s3://{buckets.models}/{RESULTS}{subject}/"),
        *("--resume", "auto"),
    ]
