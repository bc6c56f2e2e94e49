"""Text, a tokenizer that is built here, and a data set, all made through the rendered commands."""

import json
import os
import random
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from tokenizers import Tokenizer, decoders, models, pre_tokenizers
from transformers import PreTrainedTokenizerFast

import rendered

IMAGES = Path(__file__).parents[2]
SOURCES = os.pathsep.join(str(IMAGES / name / "src") for name in ("llama2", "genai"))
WORDS = "the light of a small lamp falls on old books while rain keeps to the roof and time goes by".split()
WORKFLOW = "llama2-pretraining"

Run = Callable[..., "subprocess.CompletedProcess[str]"]


def variables(home: Path, **more: str) -> dict[str, str]:
    """Give the environment variables of a command of the image."""
    return {"PYTHONPATH": SOURCES, "HF_HUB_OFFLINE": "1", "HF_HOME": str(home / "cache"), **more}


def corpus(folder: Path, texts: int = 300) -> Path:
    """Write texts that can be learnt: words in a few fixed orders."""
    folder.mkdir(parents=True)
    source = random.Random(7)
    with (folder / "texts.jsonl").open("w", encoding="utf-8") as file:
        for _ in range(texts):
            start = source.randrange(len(WORDS))
            words = (WORDS[start:] + WORDS[:start]) * source.randint(3, 8)
            file.write(json.dumps({"text": " ".join(words)}) + "\n")
    return folder


def build_tokenizer(folder: Path) -> Path:
    """Write a tokenizer that knows bytes, and begin and end of a text."""
    letters = sorted(pre_tokenizers.ByteLevel.alphabet())
    vocabulary = {"<s>": 0, "</s>": 1} | {letter: number + 2 for number, letter in enumerate(letters)}
    tokenizer = Tokenizer(models.BPE(vocab=vocabulary, merges=[]))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    fast = PreTrainedTokenizerFast(tokenizer_object=tokenizer, bos_token="<s>", eos_token="</s>")
    fast.save_pretrained(folder)
    return folder


def run_step(name: str, fsx: Path, flags: dict[str, str] | None = None, **more: str) -> Run:
    """Run a step of the workflow that is no gang."""
    places = {"/fsx": str(fsx), "{{workflow.parameters.sequence-length}}": "64"}
    return rendered.entry("dev", f"{WORKFLOW}/{name}/main").run(
        places, flags, variables(fsx, **more), timeout=120
    )


@pytest.fixture(scope="session")
def fsx(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a shared file system with a tokenizer and samples of 64 tokens."""
    root = tmp_path_factory.mktemp("fsx")
    text = corpus(root / "text")
    tokenizer = build_tokenizer(root / "built")
    for name, flag, place in (
        ("download-tokenizer", "--source", tokenizer),
        ("prepare-dataset", "--dataset", text),
    ):
        done = run_step(name, root, {flag: str(place)})
        assert done.returncode == 0, done.stdout + done.stderr
    return root
