"""The files of a model: a pipeline of diffusers, or the folder of a fine-tuning that names its base."""

import json
import os
import re
from pathlib import Path
from typing import NamedTuple

from genai import sources
from genai.errors import InputError

BASE = "base_model.json"
"""In the folder of a fine-tuning: {"base_model": source}."""

ADAPTER = "pytorch_lora_weights.safetensors"
"""In the folder of a fine-tuning: LoRA weights as diffusers writes them."""

INDEX = "model_index.json"
"""In the folder of a pipeline: its class and its parts."""

_DESCRIPTIONS = ("*.json", "*.txt", "*.model", ADAPTER)
_HALF = "*/*.fp16.safetensors"
_WHOLE = "*/*.safetensors"


class Weights(NamedTuple):
    """Local folders of a model."""

    base: Path
    adapter: Path | None


def cache() -> Path:
    """Name the folder for downloads: below HF_HOME, a volume of the pod."""
    home = os.environ.get("HF_HOME") or Path.home() / ".cache" / "huggingface"
    return Path(home) / "models"


def fetch(source: str) -> Weights:
    """Give the folders of a pipeline, or of a fine-tuning and its base.

    Raises InputError where the source has neither, or where the base is a fine-tuning itself.
    """
    folder = _fetch(source)
    if not (folder / BASE).is_file():
        return Weights(_pipeline(source, folder), None)
    if not (folder / ADAPTER).is_file():
        raise InputError(f"{source}: has {BASE} but no {ADAPTER}; run the fine-tuning again")
    base = base_of(folder / BASE)
    below = _fetch(base)
    if (below / BASE).is_file():
        raise InputError(f"{source}: its base {base} is a fine-tuning too; name a whole pipeline in {BASE}")
    return Weights(_pipeline(base, below), folder)


def base_of(file: Path) -> str:
    """Read which model a fine-tuning started from. Raises InputError where the file doesn't say."""
    try:
        source = json.loads(file.read_text(encoding="utf-8"))["base_model"]
    except (ValueError, KeyError, TypeError) as error:
        raise InputError(f'{file}: can\'t be read; write {{"base_model": "<source>"}}') from error
    if not isinstance(source, str) or not source:
        raise InputError(f"{file}: base_model is {source!r}; write a source")
    return source


def _fetch(source: str) -> Path:
    """Copy the source to the cache, from Hugging Face only what is needed.

    Its repositories have the weights in several forms, of which 16-bit floats are wanted if there are any.
    """
    folder = cache() / re.sub(r"[^A-Za-z0-9._-]+", "--", source)
    if source.startswith(("/", ".")) or sources.prefix_of(source):
        return sources.fetch(source, folder)
    found = sources.fetch(source, folder, patterns=(*_DESCRIPTIONS, _HALF))
    if any(found.glob(_HALF)) or (found / BASE).is_file():
        return found
    return sources.fetch(source, folder, patterns=(*_DESCRIPTIONS, _WHOLE))


def _pipeline(source: str, folder: Path) -> Path:
    if not (folder / INDEX).is_file():
        raise InputError(f"{source}: has no {INDEX}; name a pipeline of diffusers")
    return folder
