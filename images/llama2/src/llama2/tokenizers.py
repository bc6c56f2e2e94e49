"""Tokenizers as Hugging Face keeps them, in a folder."""

import hashlib
from pathlib import Path
from typing import Any

from genai.errors import InputError

PATTERNS = ("tokenizer*", "special_tokens_map.json", "added_tokens.json", "vocab*", "merges.txt")
"""Files of a tokenizer in a repository that has a model too."""


def load(folder: Path) -> Any:
    """Give the tokenizer. Raises InputError where there is none, or none that can end a text."""
    from transformers import AutoTokenizer

    if not folder.is_dir() or not any(folder.glob("tokenizer*")):
        raise InputError(f"{folder}: has no tokenizer; run llama2.download first, or name its folder")
    try:
        tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True)
    except (OSError, ValueError, KeyError) as error:
        reason = str(error).strip().splitlines()[0]
        raise InputError(f"{folder}: the tokenizer can't be read ({reason}); name another one") from error
    if tokenizer.eos_token_id is None:
        raise InputError(f"{folder}: the tokenizer has no token for the end of a text; name another one")
    return tokenizer


def files(folder: Path) -> list[Path]:
    """Give the files that make up the tokenizer."""
    return sorted({path for pattern in PATTERNS for path in folder.glob(pattern) if path.is_file()})


def fingerprint(folder: Path) -> str:
    """Give a hash of the files of the tokenizer."""
    digest = hashlib.sha256()
    for path in files(folder):
        digest.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()
