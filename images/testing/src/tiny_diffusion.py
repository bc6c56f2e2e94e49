"""A Stable Diffusion pipeline of random weights, small enough for CPUs in tests."""

import json
from pathlib import Path
from typing import Any

import torch
from diffusers import AutoencoderKL, EulerDiscreteScheduler, StableDiffusionPipeline, UNet2DConditionModel
from transformers import CLIPTextConfig, CLIPTextModel, CLIPTokenizer

SIDE = 64
"""Width and height of its pictures in pixels, unless others are asked for."""

_WORDS = 77
_WIDTH = 32


def save(folder: Path, seed: int = 0) -> Path:
    """Write a pipeline as `save_pretrained` does; `seed` decides on its weights."""
    torch.manual_seed(seed)
    tokenizer = _tokenizer(folder / "vocabulary")
    pipeline = StableDiffusionPipeline(
        vae=_decoder(),
        text_encoder=_text_encoder(len(tokenizer)),
        tokenizer=tokenizer,
        unet=_unet(),
        scheduler=EulerDiscreteScheduler(beta_start=0.00085, beta_end=0.012, beta_schedule="scaled_linear"),
        safety_checker=None,
        feature_extractor=None,
        requires_safety_checker=False,
    )
    pipeline.save_pretrained(folder / "pipeline")
    return folder / "pipeline"


def _tokenizer(folder: Path) -> Any:
    """Give CLIP's tokenizer with letters for words."""
    folder.mkdir(parents=True, exist_ok=True)
    letters = "abcdefghijklmnopqrstuvwxyz0123456789.,!?-'"
    words = [*letters, *(f"{letter}</w>" for letter in letters), "<|startoftext|>", "<|endoftext|>"]
    vocabulary = {word: number for number, word in enumerate(words)}
    (folder / "vocab.json").write_text(json.dumps(vocabulary), encoding="utf-8")
    (folder / "merges.txt").write_text("#version: 0.2\n", encoding="utf-8")
    return CLIPTokenizer.from_pretrained(folder, model_max_length=_WORDS)


def _text_encoder(words: int) -> Any:
    config = CLIPTextConfig(
        vocab_size=words,
        hidden_size=_WIDTH,
        intermediate_size=2 * _WIDTH,
        num_attention_heads=2,
        num_hidden_layers=2,
        max_position_embeddings=_WORDS,
        bos_token_id=words - 2,
        eos_token_id=words - 1,
        pad_token_id=words - 1,
    )
    return CLIPTextModel(config)


def _decoder() -> Any:
    return AutoencoderKL(
        block_out_channels=(8, 8, 8, 8),
        down_block_types=("DownEncoderBlock2D",) * 4,
        up_block_types=("UpDecoderBlock2D",) * 4,
        latent_channels=4,
        norm_num_groups=4,
        sample_size=SIDE,
    )


def _unet() -> Any:
    return UNet2DConditionModel(
        sample_size=SIDE // 8,
        block_out_channels=(16, 32),
        layers_per_block=1,
        down_block_types=("DownBlock2D", "CrossAttnDownBlock2D"),
        up_block_types=("CrossAttnUpBlock2D", "UpBlock2D"),
        cross_attention_dim=_WIDTH,
        attention_head_dim=4,
        norm_num_groups=4,
    )
