"""Prepared samples, in an order that only depends on the seed: a step finds its samples without a history."""

import json
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from genai.errors import InputError
from llama2 import tokenizers
from llama2.arguments import Settings
from llama2.prepare import HELD_BACK, LIST, TRAIN

SEED = 20_230_718
"""Seed of the order and of the weights at the start."""


class Samples:
    """Samples of one part of a data set, [tokens + 1] each, read where they are."""

    def __init__(self, folder: Path, part: str, length: int, kind: str) -> None:
        """Map the shards into memory."""
        paths = sorted(folder.glob(f"{part}-*.bin"))
        filled = [path for path in paths if path.stat().st_size]
        self._shards = [np.memmap(path, dtype=kind, mode="r").reshape(-1, length) for path in filled]
        self._ends = np.cumsum([len(shard) for shard in self._shards])

    def __len__(self) -> int:
        """Give the number of samples."""
        return int(self._ends[-1]) if self._shards else 0

    def __getitem__(self, number: int) -> Any:
        """Give one sample as int64."""
        shard = int(np.searchsorted(self._ends, number, side="right"))
        start = int(self._ends[shard - 1]) if shard else 0
        return self._shards[shard][number - start].astype(np.int64)


class Dataset:
    """A prepared data set."""

    def __init__(self, described: dict[str, Any], folder: Path) -> None:
        """Open the parts of what `described` says."""
        length, kind = described["sequence_length"] + 1, described["type"]
        self.vocabulary: int = described["vocabulary"]
        self.train = Samples(folder, TRAIN, length, kind)
        self.held_back = Samples(folder, HELD_BACK, length, kind)

    def batches(self, step: int, global_batch: int, copy: int, copies: int) -> Iterator[Any]:
        """Give what copy number `copy` of the model works off in a step: samples as [1, tokens + 1].

        All copies together have the same samples however many there are.
        """
        for place in range(copy, global_batch, copies):
            epoch, number = divmod(step * global_batch + place, len(self.train))
            yield self.train[int(_order(epoch, len(self.train))[number])][None]


def open_dataset(settings: Settings) -> Dataset:
    """Open the data set of the settings. Raises InputError where it is not theirs."""
    try:
        described = json.loads((settings.dataset / LIST).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InputError(f"{settings.dataset}: is not prepared; run llama2.prepare first") from error
    length = described["sequence_length"]
    if length != settings.sequence_length:
        raise InputError(
            f"--sequence-length {settings.sequence_length}: {settings.dataset} has samples of {length} "
            f"tokens; write {length}"
        )
    if tokenizers.fingerprint(settings.tokenizer) != described["tokenizer"]:
        raise InputError(
            f"{settings.dataset}: was prepared with another tokenizer than {settings.tokenizer}; prepare it "
            "anew"
        )
    return Dataset(described, settings.dataset)


@lru_cache(maxsize=2)
def _order(epoch: int, samples: int) -> Any:
    return np.random.default_rng([SEED, epoch]).permutation(samples)
