"""Tokenises a data set, packs it into samples of equal length, and writes them as shards.

Every shard is made of a stretch of texts that only depends on the data set, and is there as a whole or not at
all; so a run that was broken off leaves out what is finished and gives the same bytes in the end. Every 50th
text is held back for the evaluation. What is left over at the end of a shard is dropped.
"""

import json
import os
import re
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from genai import errors, sources
from genai.errors import InputError
from llama2 import tokenizers
from llama2.arguments import Parser, positive
from llama2.documents import PATTERNS, documents

LIST = "dataset.json"
"""What is prepared; it is written last."""

PLAN = "plan.json"
TRAIN, HELD_BACK = "train", "held-back"
HOLD_EVERY = 50
SHARD_CHARACTERS = 32 * 1024 * 1024

_BATCH = 256


class Shard(NamedTuple):
    """Texts of a shard, those to train on and those held back."""

    train: list[str]
    held_back: list[str]


def shards(texts: Iterable[str], characters: int) -> Iterator[Shard]:
    """Share texts out: each shard but the last has at least `characters` of them."""
    shard, size = Shard([], []), 0
    for number, text in enumerate(texts):
        (shard.train if number % HOLD_EVERY else shard.held_back).append(text)
        size += len(text)
        if size >= characters:
            yield shard
            shard, size = Shard([], []), 0
    if size:
        yield shard


def pack(texts: Iterable[list[int]], length: int, kind: str) -> np.ndarray[Any, Any]:
    """Give whole samples, [samples, length], of texts one after the other; the rest is dropped."""
    tokens = np.fromiter((token for text in texts for token in text), dtype=kind)
    samples = len(tokens) // length
    return tokens[: samples * length].reshape(samples, length)


def main() -> None:
    """Read the command line and prepare what is not there yet."""
    options = _options()
    tokenizer = tokenizers.load(options.tokenizer)
    plan = {
        "source": options.dataset,
        "tokenizer": tokenizers.fingerprint(options.tokenizer),
        "vocabulary": len(tokenizer),
        "sequence_length": options.sequence_length,
        "type": "<u2" if len(tokenizer) <= 1 << 16 else "<u4",
    }
    if _begun(options.output, plan):
        print(f"{options.output}: all there")
        return
    folder = sources.fetch(options.dataset, _cache(options.dataset), patterns=PATTERNS, kind="dataset")
    counts = {TRAIN: 0, HELD_BACK: 0}
    for number, shard in enumerate(shards(documents(folder), options.shard_characters)):
        for part, samples in _write(options.output, number, shard, tokenizer, plan).items():
            counts[part] += samples
    if not counts[TRAIN]:
        raise InputError(
            f"{options.dataset}: too little text for a sample of {options.sequence_length} tokens; name more"
        )
    _replace(options.output / LIST, json.dumps(plan | {"samples": counts}, indent=1).encode())
    print(f"{options.output}: {counts[TRAIN]} samples, and {counts[HELD_BACK]} held back")


def _options() -> Any:
    parser = Parser(prog="python -m llama2.prepare", description=__doc__)
    parser.add_argument("--dataset", required=True, help="s3://<bucket>/<prefix>, <owner>/<name> or a path")
    parser.add_argument("--tokenizer", required=True, type=Path, help="folder of the tokenizer")
    parser.add_argument("--sequence-length", required=True, type=positive, help="tokens of a sample")
    parser.add_argument("--output", required=True, type=Path, help="folder of the shards")
    parser.add_argument(
        "--shard-characters", type=positive, default=SHARD_CHARACTERS, help="least text of a shard"
    )
    return parser.parse_args()


def _begun(output: Path, plan: dict[str, Any]) -> bool:
    """Note what is prepared here; say whether all of it is there. Raises InputError where it is another."""
    output.mkdir(parents=True, exist_ok=True)
    place = output / PLAN
    if not place.exists():
        _replace(place, json.dumps(plan).encode())
    elif (there := json.loads(place.read_text(encoding="utf-8"))) != plan:
        changed = ", ".join(key for key in plan if there.get(key) != plan[key])
        raise InputError(f"{output}: holds a data set of another {changed}; remove it or name another folder")
    return (output / LIST).exists()


def _cache(source: str) -> Path:
    """Give the folder of downloads, which is not exported to the data bucket."""
    home = Path(os.environ.get("HF_HOME", "~/.cache/huggingface")).expanduser()
    return home / "sources" / re.sub(r"[^A-Za-z0-9.-]+", "-", source)


def _write(output: Path, number: int, shard: Shard, tokenizer: Any, plan: dict[str, Any]) -> dict[str, int]:
    """Write both files of a shard, that of the training last; give their samples."""
    length, kind = plan["sequence_length"] + 1, plan["type"]
    places = {part: output / f"{part}-{number:05d}.bin" for part in (HELD_BACK, TRAIN)}
    if not places[TRAIN].exists():
        for part, texts in ((HELD_BACK, shard.held_back), (TRAIN, shard.train)):
            _replace(places[part], pack(_tokens(texts, tokenizer), length, kind).tobytes())
        print(f"{places[TRAIN]}: written", flush=True)
    return {
        part: place.stat().st_size // (length * np.dtype(kind).itemsize) for part, place in places.items()
    }


def _tokens(texts: list[str], tokenizer: Any) -> Iterator[list[int]]:
    begin = [] if tokenizer.bos_token_id is None else [tokenizer.bos_token_id]
    left = iter(texts)
    while batch := list(islice(left, _BATCH)):
        for tokens in tokenizer(batch, add_special_tokens=False)["input_ids"]:
            yield [*begin, *tokens, tokenizer.eos_token_id]


def _replace(place: Path, content: bytes) -> None:
    stage = place.with_name(f"{place.name}.new")
    with stage.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    stage.replace(place)


if __name__ == "__main__":
    errors.run(main)
