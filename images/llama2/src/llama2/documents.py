"""Texts of a data set: files of JSON lines or Parquet with a field `text`, or plain text files."""

import gzip
import json
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO

from genai.errors import InputError

FIELD = "text"
PATTERNS = ("*.jsonl", "*.jsonl.gz", "*.parquet", "*.txt")
"""Files that are read; those of plain text only where there are no others, as a data set has licences too."""

_ROWS = 1024


def documents(folder: Path) -> Iterator[str]:
    """Give the texts, always in the same order. Raises InputError where there are none."""
    found = [path for pattern in PATTERNS for path in folder.rglob(pattern)]
    structured = [path for path in found if path.suffix != ".txt"]
    if not found:
        raise InputError(f"{folder}: has no files {', '.join(PATTERNS)}; name a data set with some")
    for path in sorted(structured or found):
        yield from _read(path)


def _read(path: Path) -> Iterator[str]:
    if path.suffix == ".txt":
        yield path.read_text(encoding="utf-8")
    elif path.suffix == ".parquet":
        yield from _parquet(path)
    elif path.suffix == ".gz":
        with gzip.open(path, "rt", encoding="utf-8") as packed:
            yield from _lines(path, packed)
    else:
        with path.open(encoding="utf-8") as plain:
            yield from _lines(path, plain)


def _lines(path: Path, file: TextIO) -> Iterator[str]:
    for number, line in enumerate(file, start=1):
        try:
            text = json.loads(line)[FIELD]
        except (ValueError, KeyError, TypeError) as error:
            raise InputError(f"{path}:{number}: no JSON object with a field {FIELD}; repair it") from error
        if not isinstance(text, str):
            raise InputError(f"{path}:{number}: the field {FIELD} is no text; repair it")
        yield text


def _parquet(path: Path) -> Iterator[str]:
    from pyarrow import parquet

    with parquet.ParquetFile(path) as file:
        if FIELD not in file.schema_arrow.names:
            raise InputError(f"{path}: has no column {FIELD}; name a data set that has one")
        for batch in file.iter_batches(_ROWS, columns=[FIELD]):
            yield from (text for text in batch.column(0).to_pylist() if text)
