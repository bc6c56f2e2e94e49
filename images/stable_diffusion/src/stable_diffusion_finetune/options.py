"""What a training is told, on the command line or in the parameters of a RayJob."""

import argparse
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

from genai.errors import InputError


@dataclass(frozen=True)
class Options:
    """One training."""

    base_model: str
    """Source of the pipeline to start from."""
    pictures: str
    """Source of the pictures of the subject."""
    prompt: str
    """What the pictures show, with a rare word for the subject."""
    steps: int
    output: str
    """Where the weights go: a prefix in S3, or a path."""
    checkpoints: str
    """Where checkpoints go."""
    resume: str
    """auto: from the newest good checkpoint; never: from the start."""
    rank: int
    alpha: int
    """Strength of the LoRA weights: they are scaled by alpha / rank."""
    learning_rate: float
    batch_size: int
    """Pictures of a step on each device."""
    resolution: int
    """Edge of the pictures in pixels; 0 takes that of the model."""
    seed: int
    checkpoint_every: int
    """Steps from one checkpoint to the next."""
    keep: int
    """Checkpoints that are kept."""
    gradient_checkpointing: bool
    """Compute activations again instead of keeping them: less memory, a fifth more time."""
    models: Path
    """Folder for the base model."""
    work: Path
    """Folder for the pictures and for checkpoints on their way."""

    def identity(self) -> dict[str, object]:
        """Give what a checkpoint must have been trained with to go on from it."""
        names = ("base_model", "pictures", "prompt", "rank", "alpha", "learning_rate", "batch_size", "seed")
        return {name: getattr(self, name) for name in names} | {"resolution": self.resolution}


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise InputError(f"{message}; `python -m stable_diffusion_finetune.train --help` lists the options")


def parse(words: Sequence[str]) -> Options:
    """Read a command line. Raises InputError for what is unknown, missing or out of range."""
    found = _parser().parse_args(words)
    if found.alpha is None:
        found.alpha = found.rank
    if found.checkpoints is None:
        found.checkpoints = f"{found.output.rstrip('/')}/checkpoints/"
    if not found.prompt.strip():
        raise InputError("--prompt: empty; say what the pictures show, such as: a photo of sks dog")
    if found.resolution % 8:
        raise InputError(f"--resolution {found.resolution}: no multiple of 8; write one, such as 1024")
    work = found.work or Path.home() / "stable-diffusion-finetune"
    models = found.models or work / "models"
    return Options(**vars(found) | {"work": work, "models": models})


def words_of(parameters: Mapping[str, object]) -> list[str]:
    """Write parameters (base_model: ...) as a command line (--base-model ...)."""
    words = []
    for name, value in parameters.items():
        flag = name.replace("_", "-")
        if isinstance(value, bool):
            words.append(f"--{flag}" if value else f"--no-{flag}")
        else:
            words.append(f"--{flag}={value}")
    return words


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(prog="stable_diffusion_finetune.train", allow_abbrev=False)
    add = parser.add_argument
    add("--base-model", required=True, help="s3://<bucket>/<prefix>, <owner>/<name> or a path")
    add("--pictures", required=True, help="s3://<bucket>/<prefix> or a path")
    add("--prompt", required=True, help="what the pictures show")
    add("--steps", type=_AtLeast(1), required=True)
    add("--output", required=True, help="s3://<bucket>/<prefix> or a path")
    add("--checkpoints", help="s3://<bucket>/<prefix> or a path; checkpoints/ below the output if not given")
    add("--resume", choices=("auto", "never"), default="auto")
    add("--rank", type=_AtLeast(1), default=16)
    add("--alpha", type=_AtLeast(1), help="the rank if not given")
    add("--learning-rate", type=_positive, default=1e-4)
    add("--batch-size", type=_AtLeast(1), default=1)
    add("--resolution", type=_AtLeast(0), default=0)
    add("--seed", type=_AtLeast(0), default=0)
    add("--checkpoint-every", type=_AtLeast(1), default=100)
    add("--keep", type=_AtLeast(1), default=2)
    add("--gradient-checkpointing", action=argparse.BooleanOptionalAction, default=True)
    add("--models", type=Path)
    add("--work", type=Path)
    return parser


class _AtLeast:
    """Reads a whole number that is not too small."""

    def __init__(self, least: int) -> None:
        self.least = least

    def __call__(self, text: str) -> int:
        try:
            number = int(text)
        except ValueError as error:
            raise argparse.ArgumentTypeError(f"{text!r} is no whole number") from error
        if number < self.least:
            raise argparse.ArgumentTypeError(
                f"{number} is less than {self.least}; write {self.least} or more"
            )
        return number


def _positive(text: str) -> float:
    try:
        number = float(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text!r} is no number") from error
    if not 0 < number < 1:
        raise argparse.ArgumentTypeError(f"{text} is not between 0 and 1; write one such as 1e-4")
    return number
