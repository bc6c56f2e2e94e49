"""The model: loaded, with LoRA weights, and saved as Hugging Face does."""

import json
import shutil
from pathlib import Path
from typing import Any

import torch
import transformers
from peft import LoraConfig, get_peft_model

from genai import sources
from genai.errors import InputError
from train.parameters import Parameters

_FILES = ("*.json", "*.safetensors", "*.model", "*.txt", "*.jinja")


def fetch(source: str, folder: Path) -> Path:
    """Give the folder of a causal language model. Raises InputError where there is none."""
    place = folder / source.replace("://", "-").replace("/", "--")
    found = sources.fetch(source, place, patterns=_FILES)
    try:
        transformers.AutoConfig.from_pretrained(found)
    except (OSError, ValueError) as error:
        raise InputError(f"{source}: no model of Hugging Face: {str(error).splitlines()[0]}") from error
    return found


def tokenizer_of(folder: Path) -> Any:
    """Load the tokenizer. Raises InputError where the folder has none, or one without an end of texts."""
    try:
        found = transformers.AutoTokenizer.from_pretrained(folder)
    except (OSError, ValueError) as error:
        raise InputError(f"{folder}: has no tokenizer; add tokenizer.json and its configuration") from error
    if found.eos_token_id is None:
        raise InputError(f"{folder}: the tokenizer has no eos_token; add one to tokenizer_config.json")
    return found


def load(folder: Path, parameters: Parameters, accelerator: str) -> Any:
    """Load the model on the CPU, ready to train.

    Beside LoRA weights it is frozen, and in half precision on accelerators; without them it is trained in
    full precision, in which small steps are not lost.
    """
    half = parameters.lora_rank > 0 and accelerator != "none"
    attention = {"attn_implementation": "eager"} if accelerator == "trainium" else {}
    model = transformers.AutoModelForCausalLM.from_pretrained(
        folder, dtype=torch.bfloat16 if half else torch.float32, **attention
    )
    model.config.use_cache = False
    if accelerator == "nvidia":
        model.gradient_checkpointing_enable({"use_reentrant": False})
    if parameters.lora_rank:
        torch.manual_seed(parameters.seed)  # the same in all processes, and in a second try
        config = LoraConfig(
            r=parameters.lora_rank,
            lora_alpha=parameters.lora_alpha,
            target_modules="all-linear",
            task_type="CAUSAL_LM",
        )
        model = get_peft_model(model, config)
    model.train()
    return model


def trained(model: Any) -> dict[str, torch.nn.Parameter]:
    """Give the weights that are trained, by their names."""
    return {name: weight for name, weight in model.named_parameters() if weight.requires_grad}


def save(model: Any, base: Path, target: Path, about: dict[str, Any]) -> None:
    """Write the whole model with its tokenizer to a folder, which is there only when it is complete."""
    stage = target.with_name(f"{target.name}.new")
    shutil.rmtree(stage, ignore_errors=True)
    whole = model.merge_and_unload() if hasattr(model, "merge_and_unload") else model
    whole.config.use_cache = True
    whole.to("cpu").save_pretrained(stage)
    tokenizer_of(base).save_pretrained(stage)
    (stage / "training.json").write_text(json.dumps(about, indent=1) + "\n", encoding="utf-8")
    shutil.rmtree(target, ignore_errors=True)
    stage.rename(target)
