"""The training itself: the same for one process and for many, under Accelerate's launcher and under Ray."""

import json
import logging
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import torch
from accelerate import Accelerator
from accelerate.utils import broadcast_object_list

from genai import sources
from stable_diffusion_finetune import base_model, lora, pictures, store
from stable_diffusion_finetune.options import Options

MARKER = "base_model.json"
"""File with the source of the base model, written last: with it the result is complete."""

_DTYPES = {"bf16": torch.bfloat16, "fp16": torch.float16}

log = logging.getLogger(__name__)


class Step(NamedTuple):
    """What there is to say after a step."""

    number: int
    loss: float
    """Mean over all processes."""
    checkpoint: bool
    """Whether a checkpoint was written."""


Report = Callable[[Step], None]


class _Parts(NamedTuple):
    unet: Any
    optimizer: Any
    schedule: Any
    weights: dict[str, torch.nn.Parameter]
    known: base_model.Conditions


def train(options: Options, accelerator: Accelerator, report: Report) -> None:
    """Train, and write the weights to the output. `report` is called in every process, after every step.

    Raises InputError for what can't be trained, and FloatingPointError where the loss is no number.
    """
    parts = _parts(options, accelerator)
    keeper = store.Store(options.checkpoints, options.work, options.identity(), options.keep)
    done = _resume(options, accelerator, keeper, parts)
    for number in range(done + 1, options.steps + 1):
        loss = _step(options, accelerator, parts, number)
        if not math.isfinite(loss):
            raise FloatingPointError(f"the loss of step {number} is {loss}; lower the learning rate")
        due = number % options.checkpoint_every == 0 and number < options.steps
        if due and accelerator.is_main_process:
            keeper.save(number, dict(parts.weights), parts.optimizer.state_dict())
        if number % 10 == 0 or number in (1, options.steps):
            log.info("step %d of %d: loss %.4f", number, options.steps, loss)
        report(Step(number, loss, due))
    accelerator.wait_for_everyone()
    if accelerator.is_main_process:
        _finish(options, accelerator.unwrap_model(parts.unet))
        keeper.clear()
    accelerator.wait_for_everyone()


def _parts(options: Options, accelerator: Accelerator) -> _Parts:
    dtype = _DTYPES.get(accelerator.mixed_precision, torch.float32)
    with accelerator.main_process_first():
        folder = base_model.fetch(options.base_model, options.models)
        pipeline = base_model.load(folder, options.base_model, dtype)
        edge = options.resolution or base_model.edge_of(pipeline)
        subjects = pictures.read(options.pictures, options.work / "pictures", edge)
    log.info("%d pictures of %d pixels", len(subjects), edge)
    schedule = base_model.noise_schedule(pipeline)
    known = base_model.conditions(pipeline, subjects, options.prompt, accelerator.device)
    unet = pipeline.unet
    weights = lora.add(unet, options.rank, options.alpha, options.seed)
    if options.gradient_checkpointing:
        unet.enable_gradient_checkpointing()
    unet.train()
    optimizer = torch.optim.AdamW(weights.values(), lr=options.learning_rate, weight_decay=1e-2)
    prepared, optimizer = accelerator.prepare(unet, optimizer)
    return _Parts(prepared, optimizer, schedule, weights, known)


def _resume(options: Options, accelerator: Accelerator, keeper: store.Store, parts: _Parts) -> int:
    """Take the newest good checkpoint up, and give its step; 0 where there is none.

    The main process chooses; the others read the same folder, on their node's disk or on a shared one.
    """
    found: list[Any] = [None]
    if options.resume == "auto" and accelerator.is_main_process:
        found = [keeper.newest()]
    broadcast_object_list(found)
    if found[0] is None:
        return 0
    values, state = store.read(found[0].folder)
    with torch.no_grad():
        for name, weight in parts.weights.items():
            weight.copy_(values[name])
    parts.optimizer.load_state_dict(state)
    log.info("goes on after step %d", found[0].step)
    return int(found[0].step)


def _step(options: Options, accelerator: Accelerator, parts: _Parts, number: int) -> float:
    """Do a step: draw pictures, noise and times by its number, so that a resumed training draws the same."""
    dtype = parts.known.prompt.dtype
    latents, noise, times, chosen = _draw(options, accelerator, parts, number)
    noisy = parts.schedule.add_noise(latents, noise, times)
    count = len(chosen)
    extra = None
    if parts.known.pooled is not None:
        extra = {
            "text_embeds": parts.known.pooled.expand(count, -1),
            "time_ids": parts.known.sizes[chosen].to(dtype),
        }
    with accelerator.autocast():
        text = parts.known.prompt.expand(count, -1, -1)
        guess = parts.unet(noisy.to(dtype), times, text, added_cond_kwargs=extra).sample
    if parts.schedule.config.prediction_type == "v_prediction":
        noise = parts.schedule.get_velocity(latents, noise, times)
    loss = torch.nn.functional.mse_loss(guess.float(), noise.float())
    accelerator.backward(loss)
    accelerator.clip_grad_norm_(list(parts.weights.values()), 1.0)
    parts.optimizer.step()
    parts.optimizer.zero_grad()
    return float(accelerator.gather(loss.detach()).mean())


def _draw(
    options: Options, accelerator: Accelerator, parts: _Parts, number: int
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor]:
    """Give latents and noise [batch, channels, h, w], times [batch], and numbers of pictures [batch]."""
    seed = (options.seed * 1_000_003 + number) * 4096 + accelerator.process_index
    generator = torch.Generator().manual_seed(seed)
    device, known = accelerator.device, parts.known
    chosen = torch.randint(len(known.mean), (options.batch_size,), generator=generator).to(device)
    shape = (options.batch_size, *known.mean.shape[1:])
    spread, noise = (torch.randn(shape, generator=generator).to(device) for _ in range(2))
    times = torch.randint(
        parts.schedule.config.num_train_timesteps, (options.batch_size,), generator=generator
    ).to(device)
    return known.mean[chosen] + known.deviation[chosen] * spread, noise, times, chosen


def _finish(options: Options, unet: Any) -> None:
    """Write the weights, and then the marker; that of an earlier result goes first."""
    folder = options.work / "result"
    folder.mkdir(parents=True, exist_ok=True)
    lora.save(unet, folder)
    content = json.dumps({"base_model": options.base_model})
    Path(folder, MARKER).write_text(content + "\n", encoding="utf-8")
    sources.remove(options.output, [MARKER])
    sources.upload(folder, options.output, last=MARKER)
    log.info("the weights are at %s", options.output)
