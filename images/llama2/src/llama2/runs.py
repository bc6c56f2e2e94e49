"""What a run keeps in its folder: checkpoints, curves, its evaluation, and the exported model.

checkpoints/step-<n>/  as genai.checkpoints says, with state.json
curves/                event files of TensorBoard
evaluation.json        loss on held-back text of the newest evaluation
model/                 the model as Hugging Face has it, after llama2.export
"""

import json
import logging
from pathlib import Path
from typing import Any

from genai import checkpoints
from genai.errors import InputError
from llama2.arguments import Settings
from llama2.backends import Backend

CHECKPOINTS = "checkpoints"
CURVES = "curves"
EVALUATION = "evaluation.json"
MODEL = "model"
STATE = "state.json"

_KEPT = ("model", "sequence_length", "global_batch")
"""Settings that a run can't change: weights and the order of samples depend on them."""

log = logging.getLogger(__name__)


def save(backend: Backend, settings: Settings, step: int, vocabulary: int) -> None:
    """Write a checkpoint: every process its part, one of them the rest. All processes call this."""
    root = settings.run / CHECKPOINTS
    if backend.rank == 0:
        folder = checkpoints.stage(root, step)
        state = {key: getattr(settings, key) for key in _KEPT}
        state |= {"step": step, "vocabulary": vocabulary, "layout": backend.layout}
        (folder / STATE).write_text(json.dumps(state), encoding="utf-8")
    backend.total(0)
    backend.save(checkpoints.staged(root, step))
    backend.total(0)
    if backend.rank == 0:
        checkpoints.seal(root, step)
    backend.total(0)


def restore(backend: Backend, settings: Settings, *, optimizer: bool) -> int | None:
    """Read the newest good checkpoint; give its step, None where there is none. All processes call this."""
    root = settings.run / CHECKPOINTS
    found = checkpoints.newest_good(root) if backend.rank == 0 else None
    step = int(backend.total(found.step if found else 0))
    if not step:
        return None
    folder = checkpoints.Checkpoint(step, root / f"step-{step:010d}").folder
    _check(state_of(folder), settings)
    backend.load(folder, optimizer=optimizer)
    log.info("goes on from %s", folder)
    return step


def state_of(folder: Path) -> dict[str, Any]:
    """Read what a checkpoint says of itself."""
    found: dict[str, Any] = json.loads((folder / STATE).read_text(encoding="utf-8"))
    return found


def _check(state: dict[str, Any], settings: Settings) -> None:
    for key in _KEPT:
        if state[key] != getattr(settings, key):
            flag = key.replace("_", "-")
            raise InputError(
                f"--{flag} {getattr(settings, key)}: {settings.run} was begun with {state[key]}; write that, "
                "or name another --run"
            )
