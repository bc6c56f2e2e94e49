"""The loop that runs in every process of a training."""

import json
import logging
import math
from dataclasses import asdict
from pathlib import Path
from typing import Any, NamedTuple

import ray.train
import torch
from safetensors.torch import load_file, save_file

from genai import checkpoints, ray_training
from train import model
from train.data import Sequences
from train.devices import Device
from train.parameters import Parameters

FINAL = "final"
"""Folder of the finished model, below that of the run."""

_WEIGHTS = "weights.safetensors"
_OPTIMIZER = "optimizer.pt"
_TRAINING = "training.json"

log = logging.getLogger(__name__)


class Plan(NamedTuple):
    """All that the driver found out for the processes."""

    parameters: Parameters
    accelerator: str
    base: Path
    """Folder of the model."""
    tokens: Path
    """File of tokens."""
    root: Path
    """Folder of the run."""

    def config(self) -> dict[str, Any]:
        """Give it as plain values, for Ray."""
        folders = {name: str(getattr(self, name)) for name in ("base", "tokens", "root")}
        return {"parameters": asdict(self.parameters), "accelerator": self.accelerator, **folders}

    @classmethod
    def of(cls, config: dict[str, Any]) -> "Plan":
        """Read what config() gave."""
        folders = [Path(config[name]) for name in ("base", "tokens", "root")]
        return cls(Parameters(**config["parameters"]), config["accelerator"], *folders)


def loop(config: dict[str, Any]) -> None:
    """Train from the newest good checkpoint on; the first process writes checkpoints and the result."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    plan = Plan.of(config)
    context = ray.train.get_context()
    rank, world = context.get_world_rank(), context.get_world_size()
    device = Device(plan.accelerator)
    trained = model.load(plan.base, plan.parameters, plan.accelerator)
    placed = device.place(trained)
    weights = model.trained(trained)
    optimizer = torch.optim.AdamW(weights.values(), lr=plan.parameters.learning_rate)
    done = _resume(plan, weights, optimizer, device)
    rows = Sequences(plan.tokens, plan.parameters.sequence_length, plan.parameters.seed)
    tokens = (
        plan.parameters.sequence_length * plan.parameters.batch_size * plan.parameters.accumulation * world
    )
    ray_training.start_report()
    for number in range(done + 1, plan.parameters.steps + 1):
        loss = _step(plan.parameters, device, placed, optimizer, rows, (number, rank, world))
        if not math.isfinite(loss):
            raise FloatingPointError(f"the loss of step {number} is {loss}; lower learning_rate")
        due = number % plan.parameters.checkpoint_every == 0 or number == plan.parameters.steps
        if due and rank == 0:
            _save(plan, number, weights, optimizer)
        if rank == 0 and (number % 10 == 0 or due):
            log.info("step %d of %d: loss %.4f", number, plan.parameters.steps, loss)
        ray_training.report(number, loss, tokens, checkpoint=due)
    if rank == 0:
        about = {"steps": plan.parameters.steps, **plan.parameters.identity()}
        model.save(trained, plan.base, plan.root / FINAL, about)


def _step(
    parameters: Parameters,
    device: Device,
    placed: Any,
    optimizer: Any,
    rows: Sequences,
    place: tuple[int, int, int],
) -> float:
    """Do a step, and give the mean loss of this process. `place` is step, rank and number of processes."""
    number, rank, world = place
    for group in optimizer.param_groups:
        group["lr"] = rate(parameters, number)
    losses = []
    for turn in range(parameters.accumulation):
        before = ((number - 1) * parameters.accumulation + turn) * world + rank
        inputs = rows.batch(before * parameters.batch_size, parameters.batch_size).to(device.device)
        with device.alone(placed, until_now=turn == parameters.accumulation - 1):
            with device.precision():
                loss = placed(input_ids=inputs, labels=inputs).loss / parameters.accumulation
            loss.backward()
        losses.append(loss.detach())
    device.update(optimizer, [weight for group in optimizer.param_groups for weight in group["params"]])
    device.done()
    return float(torch.stack(losses).sum())


def rate(parameters: Parameters, number: int) -> float:
    """Give the learning rate of a step, counted from 1."""
    if number <= parameters.warmup_steps:
        return parameters.learning_rate * number / parameters.warmup_steps
    rest = max(1, parameters.steps - parameters.warmup_steps)
    turn = math.cos(math.pi * (number - parameters.warmup_steps) / rest)
    return parameters.learning_rate * (0.55 + 0.45 * turn)


def _save(plan: Plan, number: int, weights: dict[str, torch.nn.Parameter], optimizer: Any) -> None:
    folder = checkpoints.stage(plan.root, number)
    save_file({name: value.detach().cpu().contiguous() for name, value in weights.items()}, folder / _WEIGHTS)
    torch.save(_on_cpu(optimizer.state_dict()), folder / _OPTIMIZER)
    (folder / _TRAINING).write_text(json.dumps(plan.parameters.identity()), encoding="utf-8")
    checkpoints.seal(plan.root, number)
    checkpoints.prune(plan.root, plan.parameters.keep)
    log.info("checkpoint of step %d is in %s", number, plan.root)


def _resume(plan: Plan, weights: dict[str, torch.nn.Parameter], optimizer: Any, device: Device) -> int:
    """Take the newest good checkpoint up, and give its step; 0 where there is none of this training."""
    found = checkpoints.newest_good(plan.root)
    if found is None:
        return 0
    if json.loads((found.folder / _TRAINING).read_text(encoding="utf-8")) != plan.parameters.identity():
        log.warning("checkpoint %s is passed over: it was trained with other parameters", found.folder)
        return 0
    values = load_file(found.folder / _WEIGHTS)
    with torch.no_grad():
        for name, weight in weights.items():
            weight.copy_(values[name].to(device.device))
    optimizer.load_state_dict(torch.load(found.folder / _OPTIMIZER, map_location="cpu", weights_only=True))
    log.info("goes on after step %d", found.step)
    return found.step


def _on_cpu(value: Any) -> Any:
    if isinstance(value, torch.Tensor):
        return value.cpu()
    if isinstance(value, dict):
        return {name: _on_cpu(each) for name, each in value.items()}
    return [_on_cpu(each) for each in value] if isinstance(value, list) else value
