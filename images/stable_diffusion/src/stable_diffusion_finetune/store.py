"""Checkpoints in a bucket or on a file system: whole ones are listed, torn ones are passed over."""

import json
import logging
import re
import tempfile
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file, save_file

from genai import checkpoints, sources

_NAME = re.compile(r"(step-(\d{10}))/.+")
_WEIGHTS = "lora.safetensors"
_OPTIMIZER = "optimizer.pt"
_TRAINING = "training.json"

log = logging.getLogger(__name__)


class Store:
    """The checkpoints of one training."""

    def __init__(self, place: str, work: Path, identity: dict[str, object], keep: int) -> None:
        """Keep the newest `keep` below `place`; those of another training, by `identity`, are not read."""
        self._place = place.rstrip("/")
        self._identity = json.loads(json.dumps(identity))
        self._keep = keep
        work.mkdir(parents=True, exist_ok=True)
        self._work = Path(tempfile.mkdtemp(prefix="checkpoints-", dir=work))

    def save(self, step: int, weights: dict[str, torch.Tensor], optimizer: dict[str, Any]) -> None:
        """Write a checkpoint, its list of files last, and remove what is old."""
        folder = checkpoints.stage(self._work, step)
        save_file(
            {name: value.detach().cpu().contiguous() for name, value in weights.items()}, folder / _WEIGHTS
        )
        torch.save(optimizer, folder / _OPTIMIZER)
        (folder / _TRAINING).write_text(json.dumps(self._identity), encoding="utf-8")
        sealed = checkpoints.seal(self._work, step)
        self._remove([name for name, there in self._all() if there == step])
        sources.upload(sealed.folder, f"{self._place}/{sealed.folder.name}/", last=checkpoints.LIST)
        self._remove([name for name, _ in self._all()[self._keep :]])
        checkpoints.prune(self._work, 1)
        log.info("checkpoint of step %d is at %s/%s", step, self._place, sealed.folder.name)

    def newest(self) -> checkpoints.Checkpoint | None:
        """Give a local copy of the newest good checkpoint; each that can't be used gets a warning."""
        for name, step in self._all():
            folder = sources.fetch(f"{self._place}/{name}/", self._work / "resume" / name)
            found = checkpoints.Checkpoint(step, folder)
            problem = checkpoints.broken(found) or self._foreign(found)
            if problem is None:
                return found
            log.warning("checkpoint %s/%s is passed over: %s", self._place, name, problem)
        return None

    def clear(self) -> None:
        """Remove all checkpoints: the training is complete."""
        self._remove([name for name, _ in self._all()])

    def _all(self) -> list[tuple[str, int]]:
        """Give name and step of all checkpoints, good or not, the newest first."""
        matches = (_NAME.fullmatch(name) for name in sources.listing(self._place))
        return sorted({(match[1], int(match[2])) for match in matches if match}, reverse=True)

    def _remove(self, names: list[str]) -> None:
        """Remove checkpoints, the lists of their files first: what is left of one is no good one."""
        files = [each for each in sources.listing(self._place) if each.partition("/")[0] in names]
        sources.remove(self._place, sorted(files, key=lambda each: not each.endswith(checkpoints.LIST)))

    def _foreign(self, found: checkpoints.Checkpoint) -> str | None:
        try:
            identity = json.loads((found.folder / _TRAINING).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return f"{_TRAINING} can't be read"
        return None if identity == self._identity else "it is of a training with other options"


def read(folder: Path) -> tuple[dict[str, torch.Tensor], dict[str, Any]]:
    """Give the weights and the state of the optimizer in a checkpoint."""
    state = torch.load(folder / _OPTIMIZER, map_location="cpu", weights_only=True)
    return load_file(folder / _WEIGHTS), state
