"""A pipeline of diffusers on a GPU, or on CPUs to try it out: Stable Diffusion 1.5, XL and relatives."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from diffusers import AutoPipelineForText2Image
from PIL.Image import Image

from genai.errors import InputError
from stable_diffusion_serve.engine import Abandoned, Shape, Wanted
from stable_diffusion_serve.generation import Job
from stable_diffusion_serve.weights import ADAPTER, Weights

_WARM_UP = Job("warm up", "", steps=2, guidance=5.0, width=None, height=None, seed=0)


class DiffusersEngine:
    """A pipeline in memory; the weights of a fine-tuning become part of its own."""

    def __init__(self, weights: Weights, device: str) -> None:
        """Load the pipeline and make one picture with it, so that the first request finds it warm.

        Raises InputError where there is no such device.
        """
        if device == "cuda" and not torch.cuda.is_available():
            raise InputError("device: is cuda, but there is no GPU here; set device to cpu to try it out")
        self._pipeline = _pipeline(weights, device)
        shape = self.shape(_WARM_UP)
        self.generate(shape, [_WARM_UP], lambda: True)

    def shape(self, job: Job) -> Shape:
        """Fill in the size that the model was trained with. Every size is possible."""
        own = self._pipeline.unet.config.sample_size * self._pipeline.vae_scale_factor
        return Shape(
            job.width or own, job.height or own, job.steps, job.guidance, bool(job.negative_prompt.strip())
        )

    def generate(self, shape: Shape, jobs: Sequence[Job], wanted: Wanted) -> list[Image]:
        """Make a picture for each job; see Engine. Noise is drawn on the CPU, the same on every device.

        Raises InputError where a GPU's memory doesn't do.
        """
        try:
            with torch.inference_mode():
                return call(self._pipeline, shape, jobs, wanted, height=shape.height, width=shape.width)
        except torch.OutOfMemoryError as error:
            torch.cuda.empty_cache()
            size = f"{shape.width}x{shape.height}"
            raise InputError(f"{size}: does not fit in the GPU's memory; ask for a smaller one") from error


def call(pipeline: Any, shape: Shape, jobs: Sequence[Job], wanted: Wanted, **more: Any) -> list[Image]:
    """Call a pipeline for jobs of one shape. Raises Abandoned after a step when nobody waits any more."""

    def after_step(_pipeline: Any, _step: int, _timestep: Any, values: dict[str, Any]) -> dict[str, Any]:
        if not wanted():
            raise Abandoned
        return values

    images: list[Image] = pipeline(
        prompt=[job.prompt for job in jobs],
        negative_prompt=[job.negative_prompt for job in jobs] if shape.negative else None,
        num_inference_steps=shape.steps,
        guidance_scale=shape.guidance,
        generator=[torch.Generator("cpu").manual_seed(job.seed) for job in jobs],
        callback_on_step_end=after_step,
        **more,
    ).images
    return images


def _pipeline(weights: Weights, device: str) -> Any:
    half = any(weights.base.glob("unet/*.fp16.safetensors"))
    pipeline = AutoPipelineForText2Image.from_pretrained(
        weights.base,
        dtype=torch.bfloat16 if device == "cuda" else torch.float32,
        variant="fp16" if half else None,
        use_safetensors=True,
        local_files_only=True,
    )
    if weights.adapter:
        _fuse(pipeline, weights.adapter)
    pipeline.set_progress_bar_config(disable=True)
    pipeline.vae.enable_slicing()  # decodes one picture of a batch at a time: decoding takes the most memory
    return pipeline.to(device)


def _fuse(pipeline: Any, adapter: Path) -> None:
    pipeline.load_lora_weights(str(adapter), weight_name=ADAPTER)
    pipeline.fuse_lora()
    pipeline.unload_lora_weights()
