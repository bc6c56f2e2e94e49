"""Fine-tune a language model on the Ray cluster that this runs on: python -m train.ray_train --config FILE.

Source of what Ray does: Ray 2.60.0, dashboard/modules/job: the entry point of a job runs on the head, with
the address of the cluster in its environment.
"""

import argparse
import logging
from pathlib import Path

import ray

from genai import errors, ray_training, sources
from train import data, model, parameters
from train.loop import FINAL, Plan, loop

log = logging.getLogger(__name__)


def main() -> None:
    """Get model and data once, for all; train; upload the result."""
    parser = argparse.ArgumentParser(prog="train.ray_train")
    parser.add_argument("--config", type=Path, required=True, help="configuration that the RayJob mounts")
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    job = ray_training.read(parser.parse_args().config)
    plan = prepare(job)
    ray.init()
    ray_training.fit(job, loop, plan.config(), plan.parameters.max_failures)
    log.info("the model is in %s", plan.root / FINAL)
    if plan.parameters.output:
        sources.upload(plan.root / FINAL, plan.parameters.output, last="training.json")
        log.info("the model is at %s", plan.parameters.output)


def prepare(job: ray_training.Job) -> Plan:
    """Fetch model and texts into folders that all pods share. Raises InputError for what can't be used."""
    told = parameters.read(job.parameters)
    root, cache = Path(job.checkpoints), Path(job.cache)
    base = model.fetch(told.model, cache / "models")
    texts = data.fetch(told.data, Path(job.data), cache / "runs" / job.run / "texts")
    tokens = cache / "runs" / job.run / "tokens.bin"
    count = data.tokenize(texts, model.tokenizer_of(base), tokens, told.sequence_length)
    log.info("%d sequences of %d tokens", count, told.sequence_length)
    root.mkdir(parents=True, exist_ok=True)
    return Plan(told, job.accelerator, base, tokens, root)


if __name__ == "__main__":
    errors.run(main)
