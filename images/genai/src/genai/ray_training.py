"""Training on a Ray cluster: the job's configuration, a process for each accelerator, metrics from the head.

The configuration is a contract with the component ray-train (charts_src/workloads/ray_train.py). Facts about
Ray 2.60.0 are from ray/train/v2 (api/data_parallel_trainer.py, _internal/callbacks/accelerators.py) and
ray/train/torch/xla/config.py, those about torch_xla from torch_xla/_internal/neuron.py.
"""

import json
import logging
import math
from collections.abc import Callable
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import ray
import ray.train
from ray.train.torch import TorchConfig, TorchTrainer

from genai.errors import InputError
from genai.progress import PORT, Progress

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Job:
    """What a training runs on, and what it is to train."""

    run: str
    accelerator: str
    """nvidia, trainium or none."""
    workers: int
    """Pods, one on each node."""
    resources_per_worker: dict[str, int]
    """What a pod computes with, as Ray counts it: GPU or neuron_cores; empty without accelerators."""
    cpus_per_worker: int
    efa_interfaces: int
    """Of each pod; 0 where nodes talk over TCP."""
    data: str
    """Folder that shows the data bucket."""
    cache: str
    """Folder that all pods share, for copies of models."""
    checkpoints: str
    """Folder of the run that all pods share."""
    parameters: dict[str, Any]
    metrics_port: int = PORT

    @property
    def processes_per_worker(self) -> int:
        """Give the accelerators of a pod: each has a process of its own."""
        return int(sum(self.resources_per_worker.values())) or 1


def read(path: Path) -> Job:
    """Read the configuration. Raises InputError for one that is broken."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        known = {field.name for field in fields(Job)}
        job = Job(**{name: value for name, value in found.items() if name in known})
    except (OSError, ValueError, TypeError, AttributeError) as error:
        raise InputError(
            f"{path}: no configuration as the component ray-train writes it ({error})"
        ) from error
    if job.accelerator not in ("nvidia", "trainium", "none"):
        raise InputError(f"{path}: accelerator is {job.accelerator}; nvidia, trainium and none can train")
    if job.workers < 1:
        raise InputError(f"{path}: workers is {job.workers}; write 1 or more")
    return job


def fit(job: Job, loop: Callable[[dict[str, Any]], None], config: dict[str, Any], failures: int) -> None:
    """Run `loop(config)` in a process for each accelerator; when one fails, start all of them anew.

    A loop finds its last checkpoint by itself. Raises TrainingFailedError of ray.train after `failures`.
    """
    count = job.processes_per_worker
    share = job.cpus_per_worker / count
    resources = {"CPU": math.floor(share) or share} | dict.fromkeys(job.resources_per_worker, 1)
    trainer = TorchTrainer(
        loop,
        train_loop_config=config,
        torch_config=_backend(job),
        scaling_config=ray.train.ScalingConfig(
            num_workers=job.workers * count,
            use_gpu=job.accelerator == "nvidia",
            resources_per_worker=resources,
        ),
        run_config=ray.train.RunConfig(
            name="ray-train",
            storage_path=job.checkpoints,
            failure_config=ray.train.FailureConfig(max_failures=failures),
            callbacks=[Metrics(job.metrics_port, job.checkpoints)],
            worker_runtime_env={"env_vars": _variables(job)},
        ),
    )
    trainer.fit()


def start_report() -> None:
    """Say, in every process, that training is about to begin: metrics are there from now on."""
    ray.train.report({})


def report(step: int, loss: float, tokens: int, *, checkpoint: bool) -> None:
    """Say, in every process, that a step is complete, of `tokens` tokens over the whole job."""
    ray.train.report({"step": step, "loss": loss, "tokens": tokens, "checkpoint": checkpoint})


class Metrics(ray.train.UserCallback):
    """Serves the metrics in the controller of the training, which runs where the driver does: on the head."""

    def __init__(self, port: int, curves: str) -> None:
        """Serve on `port`, and write curves for TensorBoard to a folder."""
        self._port = port
        self._curves = curves
        self._progress: Progress | None = None

    def after_report(self, run_context: Any, metrics: list[dict[str, Any]], checkpoint: Any) -> None:  # noqa: ARG002
        """Take over what the processes say; the loss is the mean of theirs."""
        if self._progress is None:
            self._progress = Progress(Path(self._curves) / "tensorboard", self._port)
        if "step" in metrics[0]:
            said = metrics[0]
            loss = sum(each["loss"] for each in metrics) / len(metrics)
            self._progress.step(said["step"], loss, said["tokens"])
            if said["checkpoint"]:
                self._progress.checkpoint()


def _backend(job: Job) -> TorchConfig:
    if job.accelerator == "trainium":
        from ray.train.torch.xla import TorchXLAConfig

        return TorchXLAConfig()
    return TorchConfig(backend="nccl" if job.accelerator == "nvidia" else "gloo")


def _variables(job: Job) -> dict[str, str]:
    """Give the environment of the processes.

    Ray would show each process its own core alone, but torch_xla wants to see as many cores as there are
    processes on the node and picks by its rank; without Ray's list it takes the core of its rank.
    """
    if job.accelerator == "trainium":
        return {
            "RAY_EXPERIMENTAL_NOSET_NEURON_RT_VISIBLE_CORES": "1",
            "NEURON_COMPILE_CACHE_URL": f"{job.cache}/neuron",
        }
    return {}
