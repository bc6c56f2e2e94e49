"""Pretraining of Llama-2 as plain data: its gangs, its pods, and the commands that they run.

The commands are a contract with the images llama2-train-neuron, llama2-train-gpu and llama2-train-cpu, which
have the same Python package, OpenSSH and Open MPI, and a user with id 1000:

- python -m llama2.download --source SOURCE --output DIRECTORY
  Fetches the tokenizer; does nothing when all of it is there.
- python -m llama2.prepare --dataset SOURCE --tokenizer DIRECTORY --sequence-length N --output DIRECTORY
  Tokenises, packs and shards; leaves out the shards that a broken run finished.
- python -m llama2.node TASK --device cpu|gpu|neuron --processes N ...
  What MPI starts once on each worker. Reads its place from OMPI_COMM_WORLD_RANK and _SIZE and the first host
  from MASTER_ADDR, starts N processes with torchrun, one for each NeuronCore or GPU, and ends with another
  code than 0 when one of them does. Touches HEARTBEAT_FILE when it starts and after every step. Tasks:
  check-network: all-reduce over all workers, with what trains; fails when it is slow or wrong.
  precompile: neuron_parallel_compile of the graphs that train with the same arguments needs.
  train: trains up to --steps. --resume auto starts from the newest checkpoint in --run that was written to
  its end and reads back sound, or from nothing. Writes curves for TensorBoard below --run.
  evaluate: loss of the newest good checkpoint on held-back text, as JSON and as a curve.
- python -m llama2.export --run DIRECTORY --tokenizer DIRECTORY
  Writes the newest good checkpoint as Hugging Face has models, with its tokenizer, to model/ below --run.
  FSx copies it to the data bucket, as it does with all below /data.
- python -m llama2.prune --runs DIRECTORY --keep N
  Removes all but the N newest good checkpoints of each run, and broken ones that are older than these.
"""

from typing import NamedTuple

from charts_src.lib import gangs
from charts_src.lib.accelerators import Accelerator, placement
from charts_src.lib.gangs import HEARTBEAT, SHARED, Work
from charts_src.lib.images import own_image
from charts_src.lib.pod import container, mount, pod, resources, scratch
from charts_src.lib.storage import fsx_volume
from charts_src.model import Environment
from charts_src.model.gang import Gang, processes
from charts_src.model.llama2 import Llama2
from charts_src.model.node_pool import NodePool
from charts_src.objects import Body

ROLE = "llama2-gang"
"""Label app.kubernetes.io/name of the pods of gangs, and their ServiceAccount, which may do nothing."""

STEPS = "llama2-steps"
"""ServiceAccount of the steps that are not gangs."""

HUGGING_FACE = "hugging-face"
"""Secret with the token of Hugging Face."""

DATA = f"{SHARED}/data/llama2"
"""Folder of everything that outlives a run: below /data, which FSx keeps in step with the data bucket."""

RUNS = f"{DATA}/runs"
TOKENIZER = f"{DATA}/tokenizer"

_FLAVOUR: dict[Accelerator, str] = {
    "trainium": "neuron",
    "inferentia": "neuron",
    "nvidia": "gpu",
    "none": "cpu",
}

_NEURON = {
    "BUCKET_CAP_MB": "1024",
    "CCOM_SOCKET_IFNAME": "eth0",
    "MALLOC_ARENA_MAX": "128",
    "NEURON_CC_FLAGS": "--model-type transformer --distribution-strategy=llm-training"
    " --enable-mixed-precision-accumulation",
    "NEURON_COMPILE_CACHE_URL": f"{SHARED}/cache/neuron",
    "NEURON_FUSE_SOFTMAX": "1",
    "NEURON_RT_ASYNC_EXEC_MAX_INFLIGHT_REQUESTS": "5",
    "NEURON_RT_EXEC_TIMEOUT": "100",
    "NEURON_RT_STOCHASTIC_ROUNDING_EN": "1",
    "TF_NUM_INTEROP_THREADS": "1024",
    "XLA_IO_THREAD_POOL_SIZE": "4",
    "XLA_THREAD_POOL_SIZE": "4",
}
"""What AWS trains Llama-2 7B on trn1 with (awslabs/ai-on-eks, train_setup.sh of neuronx-nemo-megatron),
without XLA_USE_BF16 (the program says which type it computes with), what is Hydra's and NeMo's own, and
variables that are set to nothing."""

_EFA = {"FI_EFA_FORK_SAFE": "1", "FI_EFA_USE_DEVICE_RDMA": "1", "FI_PROVIDER": "efa"}


class Task(NamedTuple):
    """What a gang of the training does."""

    name: str
    arguments: tuple[str, ...]
    workers: int
    hours: int
    """Hours after which a start of it is stopped."""

    hangs: bool
    """Whether it does steps, so that a gang without one counts as hung."""


def tasks(section: Llama2) -> dict[str, Task]:
    """Give what gangs do, by name: variables of the workflow stand for what who starts it may change."""
    run = ("--run", run_directory())
    train = (
        *("--model", section.model, "--tokenizer", TOKENIZER, "--dataset", dataset_directory()),
        *run,
        *("--sequence-length", _parameter("sequence-length"), "--global-batch", _parameter("global-batch")),
        *("--tensor-parallel", str(section.tensor_parallel), "--steps", _parameter("steps")),
        *("--checkpoint-every", str(section.checkpoint_every)),
    )
    all_workers, longest = section.gang.workers, section.longest_hours
    found = (
        Task("check-network", (), all_workers, hours=1, hangs=False),
        Task("precompile", train, all_workers, hours=min(12, longest), hangs=False),
        Task("train", (*train, "--resume", "auto"), all_workers, hours=longest, hangs=True),
        Task("evaluate", train, 1, hours=min(12, longest), hangs=True),
    )
    return {task.name: task for task in found}


def dataset_directory() -> str:
    """Give the folder of the prepared data set, one for each length of samples."""
    return f"{DATA}/dataset-{_parameter('sequence-length')}"


def run_directory() -> str:
    """Give the folder of the run."""
    return f"{RUNS}/{_parameter('run')}"


def gang_of(section: Llama2, task: Task) -> Gang:
    """Give the gang of a task: that of the training, or a smaller one."""
    return section.gang.model_copy(update={"workers": task.workers})


def gang_job(env: Environment, section: Llama2, task: Task, name: str) -> Body:
    """Give the MPIJob of a task."""
    pool = env.karpenter.node_pools[section.gang.pool]
    flavour = _FLAVOUR[pool.accelerator]
    devices = ("--device", flavour, "--processes", str(processes(pool)))
    work = Work(
        name=name,
        role=ROLE,
        account=ROLE,
        image=own_image(env, f"llama2-train-{flavour}", section.image_tag),
        command=["python", "-m", "llama2.node", task.name, *devices, *task.arguments],
        env=_environment(pool),
        reports=_parameter("run") if task.name == "train" else "",
        hang_minutes=section.hang_minutes if task.hangs else None,
        longest_seconds=task.hours * 3600,
    )
    return gangs.mpi_job(work, gang_of(section, task), pool)


def gang_jobs(env: Environment) -> dict[str, Body]:
    """Give the MPIJobs that the workflow of an environment starts, one after the other, by task."""
    if env.llama2 is None:
        return {}
    found = tasks(env.llama2)
    return {name: gang_job(env, env.llama2, task, f"llama2-{name}") for name, task in found.items()}


def step_pod(env: Environment, section: Llama2, module: str, *arguments: str) -> Body:
    """Give the PodSpec of a step on CPUs, without what Argo adds; what downloads has the token."""
    token = {"name": "HF_TOKEN", "valueFrom": {"secretKeyRef": {"name": HUGGING_FACE, "key": "token"}}}
    downloads = module in ("download", "prepare") and section.hugging_face_token
    main = container(
        "main",
        own_image(env, "llama2-train-cpu", section.image_tag),
        command=["python", "-m", f"llama2.{module}"],
        args=list(arguments),
        env=[
            {"name": "HOME", "value": "/tmp"},  # noqa: S108
            {"name": "HF_HOME", "value": f"{SHARED}/cache/hugging-face"},
            *([token] if downloads else []),
        ],
        resources=resources(str(section.prepare_cpus), f"{section.prepare_memory_gib}Gi"),
        volumeMounts=[mount("shared", SHARED), mount("scratch", "/tmp")],  # noqa: S108
    )
    volumes = [fsx_volume("shared"), scratch("scratch", "10Gi")]
    return pod(main, serviceAccountName=STEPS, volumes=volumes, **placement("none", "system"))


def _environment(pool: NodePool) -> dict[str, str]:
    found = {"HEARTBEAT_FILE": HEARTBEAT, "HOME": "/tmp"}  # noqa: S108
    if _FLAVOUR[pool.accelerator] == "neuron":
        found |= _NEURON
    return dict(sorted((found | (_EFA if pool.efa else {})).items()))


def _parameter(name: str) -> str:
    return f"{{{{workflow.parameters.{name}}}}}"
