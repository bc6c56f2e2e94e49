"""Texts, as tokens in one file that all processes map into their memory."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet
import torch

from genai import sources
from genai.errors import InputError

_KINDS = (".jsonl", ".parquet", ".txt")


def fetch(source: str, root: Path, folder: Path) -> Path:
    """Give the folder with the texts of a source; a path without a start is one below `root`.

    Raises InputError where there is nothing.
    """
    if "://" not in source and not source.startswith(("/", ".")) and (root / source).exists():
        return root / source
    return sources.fetch(source, folder, kind="dataset")


def tokenize(texts: Path, tokenizer: Any, target: Path, length: int) -> int:
    """Write the tokens of all texts, one after another, as int32 to `target`; gives the number of sequences.

    Raises InputError for data without a whole sequence.
    """
    files = sorted(path for path in texts.rglob("*") if path.suffix in _KINDS) if texts.is_dir() else [texts]
    target.parent.mkdir(parents=True, exist_ok=True)
    stage = target.with_suffix(".new")
    count = 0
    with stage.open("wb") as file:
        for path in files:
            for text in _texts(path, tokenizer):
                tokens = [*tokenizer(text)["input_ids"], tokenizer.eos_token_id]
                np.array(tokens, dtype=np.int32).tofile(file)
                count += len(tokens)
    if count < length:
        raise InputError(
            f"{texts}: has {count} tokens in {len(files)} files ({', '.join(_KINDS)}), less than one "
            f"sequence of {length}; add texts or lower sequence_length"
        )
    stage.replace(target)
    return count // length


class Sequences:
    """The sequences, in an order that depends on the seed and the pass alone."""

    def __init__(self, tokens: Path, length: int, seed: int) -> None:
        """Map the file of tokens."""
        found = np.memmap(tokens, dtype=np.int32, mode="r")
        self._rows = found[: len(found) // length * length].reshape(-1, length)
        self._seed = seed
        self._pass = -1
        self._order = torch.empty(0)

    def batch(self, first: int, count: int) -> torch.Tensor:
        """Give sequences `first` to `first + count` of an endless row of passes: int64 [count, length]."""
        return torch.stack([self._row(number) for number in range(first, first + count)])

    def _row(self, number: int) -> torch.Tensor:
        turn, place = divmod(number, len(self._rows))
        if turn != self._pass:
            generator = torch.Generator().manual_seed(self._seed + turn)
            self._order = torch.randperm(len(self._rows), generator=generator)
            self._pass = turn
        return torch.from_numpy(self._rows[int(self._order[place])].astype(np.int64))


def _texts(path: Path, tokenizer: Any) -> Iterator[str]:
    if path.suffix == ".txt":
        yield path.read_text(encoding="utf-8", errors="replace")
        return
    for number, row in enumerate(_rows(path), 1):
        yield _text(row, tokenizer, f"{path}: row {number}")


def _rows(path: Path) -> Iterator[Any]:
    if path.suffix == ".parquet":
        for part in pyarrow.parquet.ParquetFile(path).iter_batches():
            yield from part.to_pylist()
        return
    with path.open(encoding="utf-8") as lines:
        for number, line in enumerate(lines, 1):
            if line.strip():
                try:
                    yield json.loads(line)
                except ValueError as error:
                    raise InputError(
                        f"{path}: line {number} is no JSON ({error}); write one object a line"
                    ) from error


def _text(row: Any, tokenizer: Any, where: str) -> str:
    """Read a row: `text`, or `messages` of a conversation, or `prompt` with `completion`."""
    found = row if isinstance(row, dict) else {}
    if isinstance(found.get("text"), str):
        return str(found["text"])
    if isinstance(found.get("prompt"), str) and isinstance(found.get("completion"), str):
        return re.sub(r"(?<=\S)$", "\n", found["prompt"]) + str(found["completion"])
    if isinstance(found.get("messages"), list) and tokenizer.chat_template:
        return str(tokenizer.apply_chat_template(found["messages"], tokenize=False))
    raise InputError(
        f"{where} has neither text, nor prompt and completion, nor messages that a chat template can read"
    )
