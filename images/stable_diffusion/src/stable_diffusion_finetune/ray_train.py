"""Train on the Ray cluster that this runs on: python -m stable_diffusion_finetune.ray_train --config FILE.

The parameters of the job are the options of stable_diffusion_finetune.train with underscores for hyphens, and
max_failures. Checkpoints and the result are kept in the folder
of the run; this process, on the head, copies the result to `output`, where that is given.
"""

import argparse
import logging
from pathlib import Path
from typing import Any

import ray
import ray.train
from accelerate import Accelerator

from genai import errors, ray_training, sources
from genai.errors import InputError
from stable_diffusion_finetune import base_model, options, pictures
from stable_diffusion_finetune.training import MARKER, Step, train

RESULT = "final"
"""Folder of the result, below that of the run."""

log = logging.getLogger(__name__)


def main() -> None:
    """Check and fetch what is needed once, for all; train; upload the result."""
    parser = argparse.ArgumentParser(prog="stable_diffusion_finetune.ray_train")
    parser.add_argument("--config", type=Path, required=True, help="configuration that the RayJob mounts")
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    job = ray_training.read(parser.parse_args().config)
    if job.accelerator == "trainium":
        raise InputError("accelerator is trainium; this program trains on NVIDIA GPUs")
    given = dict(job.parameters)
    failures, output = given.pop("max_failures", 3), given.pop("output", "")
    if not isinstance(failures, int) or failures < 0:
        raise InputError(f"parameters.max_failures: {failures!r} is no whole number from 0 on; write one")
    words = words_of(job, given)
    told = options.parse(words)
    base_model.fetch(told.base_model, told.models)
    pictures.read(told.pictures, told.work / "pictures", 8)
    ray.init()
    half = job.accelerator == "nvidia"
    config = {"words": words, "precision": "bf16" if half else "no", "cpu": not half}
    ray_training.fit(job, loop, config, failures)
    if output:
        sources.remove(output, [MARKER])
        sources.upload(Path(job.checkpoints) / RESULT, output, last=MARKER)
        log.info("the weights are at %s", output)


def words_of(job: ray_training.Job, given: dict[str, Any]) -> list[str]:
    """Give the command line that stable_diffusion_finetune.train would have."""
    places = {
        "models": f"{job.cache}/models",
        "work": f"{job.cache}/runs/{job.run}",
        "checkpoints": job.checkpoints,
        "output": f"{job.checkpoints}/{RESULT}",
    }
    for name in given:
        if name in places:
            raise InputError(f"parameters.{name}: not to be chosen in a RayJob; remove it")
    return options.words_of(given | places)


def loop(config: dict[str, Any]) -> None:
    """Train in one process of the job."""
    context = ray.train.get_context()
    first = context.get_world_rank() == 0
    logging.basicConfig(
        level=logging.INFO if first else logging.WARNING, format="%(asctime)s %(levelname)s %(message)s"
    )
    told = options.parse(config["words"])
    accelerator = Accelerator(mixed_precision=config["precision"], cpu=config["cpu"])
    if accelerator.num_processes != context.get_world_size():
        raise RuntimeError(
            f"{accelerator.num_processes} of {context.get_world_size()} processes train together"
        )
    ray_training.start_report()
    train(told, accelerator, _report)


def _report(step: Step) -> None:
    """Pictures have no tokens."""
    ray_training.report(step.number, step.loss, 0, checkpoint=step.checkpoint)


if __name__ == "__main__":
    errors.run(main)
