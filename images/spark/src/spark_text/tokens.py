"""Tokenising, and packing of documents into rows of one length: what runs in the executors' Python.

The driver reads the tokenizer and broadcasts it, so executors need no way to where it is kept, and each
Python process builds it once.
"""

import json
import os
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from genai.errors import InputError
from genai.sources import fetch

# An executor has a Python process for each of its cores.
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")

COLUMN = "input_ids"
SCHEMA = f"{COLUMN} ARRAY<INT>"
"""Schema of the result: rows of token ids, all of the same length."""

_FILE = "tokenizer.json"
_SETTINGS = "tokenizer_config.json"


class TokenizerText(NamedTuple):
    """A tokenizer as text, and the token that ends a document."""

    text: str
    end: str


def load(source: str, folder: Path) -> TokenizerText:
    """Read the tokenizer at `source`, with `folder` for a copy of a remote one.

    Raises InputError for one without tokenizer.json or without a token that ends a document.
    """
    place = fetch(source, folder, patterns=(_FILE, _SETTINGS))
    try:
        text = (place / _FILE).read_text(encoding="utf-8")
    except OSError as error:
        raise InputError(f"{source}: has no {_FILE}; save it with AutoTokenizer.save_pretrained") from error
    tokenizer = TokenizerText(text, _end_token(source, place / _SETTINGS))
    try:
        known = _tokenizer(text).token_to_id(tokenizer.end) is not None
    except Exception as error:  # tokenizers raises nothing narrower
        raise InputError(f"{source}: {_FILE} is no tokenizer: {error}") from error
    if not known:
        raise InputError(f"{source}: eos_token {tokenizer.end} of {_SETTINGS} is not in the vocabulary")
    return tokenizer


def packer(broadcast: Any, length: int) -> Callable[[Iterator[Any]], Iterator[Any]]:
    """Give the function for mapInArrow: batches with the column `text` -> batches with `input_ids`.

    Documents follow each other, each with its end token, and are cut into rows of `length` tokens; what is
    left at the end of a partition, less than a row, is dropped.
    """

    def pack(batches: Iterator[Any]) -> Iterator[Any]:
        import pyarrow

        tokenizer = _tokenizer(broadcast.value.text)
        end = tokenizer.token_to_id(broadcast.value.end)
        left: list[int] = []
        for batch in batches:
            for encoding in tokenizer.encode_batch(batch.column("text").to_pylist()):
                ids = encoding.ids
                left += ids if ids and ids[-1] == end else [*ids, end]
            full = len(left) // length * length
            rows = [left[start : start + length] for start in range(0, full, length)]
            left = left[full:]
            if rows:
                column = pyarrow.array(rows, pyarrow.list_(pyarrow.int32()))
                yield pyarrow.RecordBatch.from_arrays([column], [COLUMN])

    return pack


@cache
def _tokenizer(text: str) -> Any:
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_str(text)
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return tokenizer


def _end_token(source: str, file: Path) -> str:
    try:
        token = json.loads(file.read_text(encoding="utf-8")).get("eos_token")
    except (OSError, ValueError):
        token = None
    token = token.get("content") if isinstance(token, dict) else token
    if not isinstance(token, str):
        raise InputError(f"{source}: {_SETTINGS} names no eos_token, which ends a document; add it")
    return token
