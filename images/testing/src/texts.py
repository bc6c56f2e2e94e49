"""Text that can be learnt, and a tokenizer that is built here: tests have no network."""

import json
import random
from pathlib import Path

TEXT = "the light of a small lamp falls on old books while rain keeps to the roof and time goes by"


def corpus(folder: Path, texts: int = 300) -> Path:
    """Write texts: words in a few fixed orders."""
    folder.mkdir(parents=True)
    words = TEXT.split()
    source = random.Random(7)  # noqa: S311
    with (folder / "texts.jsonl").open("w", encoding="utf-8") as file:
        for _ in range(texts):
            start = source.randrange(len(words))
            turned = (words[start:] + words[:start]) * source.randint(3, 8)
            file.write(json.dumps({"text": " ".join(turned)}) + "\n")
    return folder


def build_tokenizer(folder: Path) -> Path:
    """Write a tokenizer that knows bytes, and begin and end of a text."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    letters = sorted(pre_tokenizers.ByteLevel.alphabet())
    vocabulary = {"<s>": 0, "</s>": 1} | {letter: number + 2 for number, letter in enumerate(letters)}
    tokenizer = Tokenizer(models.BPE(vocab=vocabulary, merges=[]))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    ends = {"bos_token": "<s>", "eos_token": "</s>"}
    fast = PreTrainedTokenizerFast(tokenizer_object=tokenizer, **ends)
    fast.save_pretrained(folder)
    return folder
