"""What a training is told beside its surroundings: model, data and hyperparameters."""

from collections.abc import Mapping
from dataclasses import MISSING, dataclass, fields
from typing import Any

from genai.errors import InputError


@dataclass(frozen=True)
class Parameters:
    """The field `parameters` of the configuration."""

    model: str
    """Source of the model and its tokenizer: s3://<bucket>/<prefix>, <owner>/<name>, or a path."""
    data: str
    """Source of the texts, likewise; another path is taken below the folder of the data bucket."""
    steps: int = 1000
    learning_rate: float = 2e-4
    """Highest rate, after the warm-up; it falls to a tenth of it as a cosine does."""
    warmup_steps: int = 10
    batch_size: int = 1
    """Sequences that a process computes at a time."""
    accumulation: int = 1
    """Such batches in a step."""
    sequence_length: int = 1024
    """Tokens of a sequence."""
    lora_rank: int = 16
    """Rank of the LoRA weights; 0 trains all weights of the model."""
    lora_alpha: int = 32
    checkpoint_every: int = 100
    """Steps from one checkpoint to the next."""
    keep: int = 2
    """Checkpoints that are kept."""
    max_failures: int = 3
    """So many times the processes start anew, from the last checkpoint, when one of them fails."""
    seed: int = 0
    output: str = ""
    """Where the finished model goes beside the folder of the run; nowhere if empty."""

    def identity(self) -> dict[str, Any]:
        """Give what a checkpoint must have been trained with to go on from it."""
        free = ("checkpoint_every", "keep", "max_failures", "output", "steps")
        return {field.name: getattr(self, field.name) for field in fields(self) if field.name not in free}


_TEXTS = ("model", "data", "output")
_MAY_BE_ZERO = ("lora_rank", "max_failures", "seed", "warmup_steps")


def read(given: Mapping[str, Any]) -> Parameters:
    """Check parameters. Raises InputError that names the first one that is unknown, missing or wrong."""
    known = {field.name: field for field in fields(Parameters)}
    for name in given:
        if name not in known:
            raise InputError(f"parameters.{name}: unknown; there are {', '.join(known)}")
    for name, field in known.items():
        if field.default is MISSING and name not in given:
            raise InputError(f"parameters.{name}: missing; write a source such as s3://<bucket>/<prefix>")
    return Parameters(**{name: _checked(name, value) for name, value in given.items()})


def _checked(name: str, value: Any) -> Any:
    if name in _TEXTS:
        if not isinstance(value, str) or (not value and name != "output"):
            raise InputError(
                f"parameters.{name}: {value!r} is no source; write one such as s3://<bucket>/<prefix>"
            )
        return value
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise InputError(f"parameters.{name}: {value!r} is no number; write one")
    if name == "learning_rate":
        if not 0 < value < 1:
            raise InputError(f"parameters.{name}: {value} is not between 0 and 1; write one such as 0.0002")
        return float(value)
    least = 0 if name in _MAY_BE_ZERO else 1
    if value != int(value) or value < least:
        raise InputError(f"parameters.{name}: {value} is no whole number from {least} on; write one")
    return int(value)
