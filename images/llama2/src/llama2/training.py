"""The tasks of a process: to train, to evaluate, and to measure the network."""

import json
import logging
import math
from pathlib import Path

from genai.errors import InputError
from genai.progress import PORT, Progress, touch_heartbeat
from llama2 import runs
from llama2.architectures import architecture
from llama2.arguments import Settings
from llama2.backends import Backend
from llama2.dataset import Dataset, open_dataset
from llama2.schedule import rate

COMPILED_STEPS = 2
"""Steps after which all graphs of the training were seen."""

MOST_HELD_BACK = 512
"""Held-back samples that an evaluation looks at."""

_EXCHANGED = 16 * 1024 * 1024
_EXCHANGES = 5

log = logging.getLogger(__name__)


class BrokenError(Exception):
    """The gang can't go on; the message says why."""


def train(settings: Settings, backend: Backend) -> None:
    """Train from the newest good checkpoint, or from nothing, up to the last step."""
    data = _begin(settings, backend)
    first = (runs.restore(backend, settings, optimizer=True) if settings.resume else None) or 0
    progress = _progress(settings, backend) if backend.rank == 0 else None
    peak = architecture(settings.model).peak_rate
    for step in range(first, settings.steps):
        loss = _step(settings, backend, data, step)
        if not math.isfinite(loss):
            raise BrokenError(
                f"the loss of step {step + 1} is {loss}: start again with a lower rate, or other data"
            )
        backend.update(rate(step, settings.steps, peak))
        _report(settings, progress, step + 1, loss)
        if (step + 1) % settings.checkpoint_every == 0 or step + 1 == settings.steps:
            runs.save(backend, settings, step + 1, data.vocabulary)
            if progress:
                progress.checkpoint()
            touch_heartbeat()


def precompile(settings: Settings, backend: Backend) -> None:
    """Do what the training does, for its graphs: results are of no use, and nothing is written."""
    data = _begin(settings, backend)
    peak = architecture(settings.model).peak_rate
    for step in range(COMPILED_STEPS):
        _step(settings, backend, data, step)
        backend.update(rate(step, settings.steps, peak))
    backend.loss(next(data.batches(0, settings.global_batch, backend.copy, backend.copies)))


def evaluate(settings: Settings, backend: Backend) -> None:
    """Write the loss of the newest good checkpoint on held-back text, as JSON and as a curve."""
    data = _begin(settings, backend)
    step = runs.restore(backend, settings, optimizer=False)
    if step is None:
        raise InputError(f"{settings.run}: has no good checkpoint; train first")
    samples = min(len(data.held_back), MOST_HELD_BACK) // backend.copies * backend.copies
    if not samples:
        raise InputError(f"{settings.dataset}: holds back too little text to evaluate; prepare more of it")
    loss = 0.0
    for number in range(backend.copy, samples, backend.copies):
        loss += backend.loss(data.held_back[number][None])
        touch_heartbeat()
    loss = backend.total(loss) / (backend.world // backend.copies) / samples
    if backend.rank == 0:
        tokens = samples * settings.sequence_length
        _write(settings.run / runs.EVALUATION, step, loss, tokens)
        Progress(curves=settings.run / runs.CURVES).curve("loss/held-back", loss, step)
        log.info("step %d: loss %.4f on %d held-back tokens", step, loss, tokens)


def check_network(settings: Settings, backend: Backend) -> None:
    """Sum up numbers over all processes, and fail when it is slow or wrong."""
    world = backend.world
    backend.exchange(_EXCHANGED)
    found = [backend.exchange(_EXCHANGED) for _ in range(_EXCHANGES)]
    if not all(right for _, right in found):
        raise BrokenError("an all-reduce gives a wrong sum: a device or an interface is broken")
    seconds = backend.total(min(seconds for seconds, _ in found)) / world
    gbits = _EXCHANGED * 8 * 2 * (world - 1) / world / seconds / 1e9
    if backend.rank == 0:
        log.info("all-reduce of %d processes: %.2f Gbit/s", world, gbits)
    if world > 1 and gbits < settings.least_gbits:
        raise BrokenError(
            f"the network is slow: {gbits:.2f} Gbit/s over {world} processes, and at least "
            f"{settings.least_gbits} are wanted; are all nodes close to each other, and is EFA in use?"
        )


def _begin(settings: Settings, backend: Backend) -> Dataset:
    data = open_dataset(settings)
    backend.build(architecture(settings.model), data.vocabulary)
    return data


def _progress(settings: Settings, backend: Backend) -> Progress:
    log.info("%d copies of %s, %d steps", backend.copies, settings.model, settings.steps)
    return Progress(curves=settings.run / runs.CURVES, port=PORT)


def _step(settings: Settings, backend: Backend, data: Dataset, step: int) -> float:
    """Work off the samples of a step; give the mean loss of all of them."""
    turns = settings.global_batch // backend.copies
    batches = data.batches(step, settings.global_batch, backend.copy, backend.copies)
    own = sum(backend.accumulate(samples, 1 / turns) for samples in batches) / turns
    return backend.total(own) / backend.world


def _report(settings: Settings, progress: Progress | None, step: int, loss: float) -> None:
    if progress:
        progress.step(step, loss, settings.global_batch * settings.sequence_length)
        log.info("step %d: loss %.4f", step, loss)
    else:
        touch_heartbeat()


def _write(place: Path, step: int, loss: float, tokens: int) -> None:
    found = {"step": step, "loss": loss, "perplexity": math.exp(min(loss, 700)), "tokens": tokens}
    stage = place.with_name(f"{place.name}.new")
    stage.write_text(json.dumps(found, indent=1), encoding="utf-8")
    stage.replace(place)
