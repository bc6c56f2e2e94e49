"""The pipeline that training starts from, and what it says of pictures and prompt before the first step."""

import json
from pathlib import Path
from typing import Any, NamedTuple

import diffusers
import torch

from genai import sources
from genai.errors import InputError
from stable_diffusion_finetune.pictures import Picture

_PIPELINES = ("StableDiffusionXLPipeline", "StableDiffusionPipeline")

_FILES = (
    *("model_index.json", "*/*.json", "*/*.txt", "*/*.model"),
    *(f"*/{name}.safetensors" for name in ("model", "diffusion_pytorch_model", "*-of-?????")),
)
"""What a repository is read for: weights in full precision and in diffusers' layout, and no other variant."""


class Conditions(NamedTuple):
    """All that the frozen parts of the pipeline compute once: of n pictures, with latents of h by w."""

    mean: torch.Tensor
    """[n, channels, h, w], scaled as the UNet wants it."""
    deviation: torch.Tensor
    """[n, channels, h, w]."""
    prompt: torch.Tensor
    """[1, tokens, width]."""
    pooled: torch.Tensor | None
    """[1, width], where the pipeline has two text encoders."""
    sizes: torch.Tensor
    """[n, 6]: height, width, top, left, and the edge twice, in pixels, for SDXL."""


def fetch(source: str, folder: Path) -> Path:
    """Give the folder of a pipeline. Raises InputError where there is none that can be fine-tuned here."""
    place = folder / source.replace("://", "-").replace("/", "--")
    found = sources.fetch(source, place, patterns=_FILES)
    try:
        kind = json.loads((found / "model_index.json").read_text(encoding="utf-8"))["_class_name"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InputError(
            f"{source}: has no model_index.json that can be read; name a pipeline of diffusers"
        ) from error
    if kind not in _PIPELINES:
        raise InputError(f"{source}: is a {kind}; name a {' or a '.join(_PIPELINES)}")
    return found


def load(folder: Path, source: str, dtype: torch.dtype) -> Any:
    """Load the pipeline on the CPU, its VAE in full precision. Raises InputError for a broken one."""
    kind = json.loads((folder / "model_index.json").read_text(encoding="utf-8"))["_class_name"]
    unused = {} if kind == _PIPELINES[0] else {"safety_checker": None, "requires_safety_checker": False}
    try:
        # SDXL's VAE overflows in half precision; it works once a picture.
        return getattr(diffusers, kind).from_pretrained(
            folder, dtype={"default": dtype, "vae": torch.float32}, **unused
        )
    except (OSError, ValueError) as error:
        raise InputError(f"{source}: diffusers can't load it: {str(error).splitlines()[0]}") from error


def edge_of(pipeline: Any) -> int:
    """Give the edge of the pictures that the model was made for, in pixels."""
    return int(pipeline.unet.config.sample_size * pipeline.vae_scale_factor)


def noise_schedule(pipeline: Any) -> Any:
    """Give the schedule by which training adds noise."""
    schedule = diffusers.DDPMScheduler.from_config(pipeline.scheduler.config)
    if schedule.config.prediction_type not in ("epsilon", "v_prediction"):
        raise InputError(
            f"the model predicts {schedule.config.prediction_type}; epsilon and v_prediction can be trained"
        )
    return schedule


@torch.no_grad()
def conditions(pipeline: Any, pictures: list[Picture], prompt: str, device: torch.device) -> Conditions:
    """Encode pictures and prompt, and drop the encoders from the pipeline."""
    pipeline.vae.to(device)
    scaling = pipeline.vae.config.scaling_factor
    parts = [pipeline.vae.encode(each.pixels[None].to(device)).latent_dist for each in pictures]
    mean = torch.cat([part.mean for part in parts]) * scaling
    deviation = torch.cat([part.std for part in parts]) * scaling
    edge = pictures[0].pixels.shape[-1]
    sizes = torch.tensor([[*each.size, *each.corner, edge, edge] for each in pictures], device=device)
    text, pooled = _encoded(pipeline, prompt, device)
    for name in ("vae", "text_encoder", "text_encoder_2"):
        if hasattr(pipeline, name):
            setattr(pipeline, name, None)
    return Conditions(mean, deviation, text, pooled, sizes)


def _encoded(pipeline: Any, prompt: str, device: torch.device) -> tuple[torch.Tensor, torch.Tensor | None]:
    pipeline.text_encoder.to(device)
    if not hasattr(pipeline, "text_encoder_2"):
        text, _ = pipeline.encode_prompt(prompt, device, 1, do_classifier_free_guidance=False)
        return text, None
    pipeline.text_encoder_2.to(device)
    text, _, pooled, _ = pipeline.encode_prompt(prompt, device=device, do_classifier_free_guidance=False)
    return text, pooled
