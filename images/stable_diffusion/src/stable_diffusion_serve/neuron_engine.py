"""A pipeline compiled for AWS Inferentia2, with shapes that are fixed since: see `compile` beside this.

Source of names and behaviour: optimum-neuron 0.4.5, neuron/modeling_diffusion.py. The U-Net is loaded into
both cores of a device; each of them takes one half of what guidance doubles, so guidance can't be left out.
None of this can run without the device: tests reach only what reads the files (`compiled`, `fill`).
"""

import json
import logging
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from genai.errors import InputError
from stable_diffusion_serve.engine import Shape, Wanted
from stable_diffusion_serve.generation import Job
from stable_diffusion_serve.weights import Weights

if TYPE_CHECKING:
    from PIL.Image import Image

log = logging.getLogger(__name__)

_AGAIN = "compile the model with python -m stable_diffusion_serve.compile"


class Compiled(NamedTuple):
    """What a folder was compiled for."""

    width: int
    height: int
    batch_size: int
    compiler: str
    """Version of neuronx-cc."""

    def shape(self, job: Job) -> Shape:
        """Give the only possible shape. Raises InputError for a job of another."""
        size = (job.width or self.width, job.height or self.height)
        if size != (self.width, self.height):
            raise InputError(
                f"{size[0]}x{size[1]}: the model was compiled for {self.width}x{self.height}; "
                "ask for that, or leave width and height out"
            )
        if job.guidance <= 1:
            raise InputError(f"guidance: is {job.guidance:g}; the compiled model needs more than 1")
        return Shape(*size, job.steps, job.guidance, bool(job.negative_prompt.strip()))


def compiled(folder: Path) -> Compiled:
    """Read what optimum-neuron noted beside the U-Net. Raises InputError for a model that isn't compiled."""
    file = folder / "unet" / "config.json"
    try:
        noted = json.loads(file.read_text(encoding="utf-8"))["neuron"]
        scale = _scale(folder)
        return Compiled(
            noted["static_width"] * scale,
            noted["static_height"] * scale,
            noted["static_batch_size"],
            str(noted["compiler_version"]),
        )
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InputError(f"{folder}: is not compiled for Neuron devices; {_AGAIN}") from error


def fill(jobs: Sequence[Job], size: int) -> list[Job]:
    """Repeat the last job until there are as many as the model was compiled for."""
    return [*jobs, *[jobs[-1]] * (size - len(jobs))]


class NeuronEngine:
    """A compiled pipeline on the cores that Ray gave this process (NEURON_RT_VISIBLE_CORES)."""

    def __init__(self, weights: Weights) -> None:
        """Load the pipeline. Raises InputError for a model that isn't compiled, or has adapters beside it."""
        if weights.adapter:
            raise InputError(f"{weights.adapter}: adapters are compiled into the model; {_AGAIN}")
        self._compiled = compiled(weights.base)
        if self._compiled.compiler != (installed := version("neuronx-cc")):
            log.warning(
                "compiled with neuronx-cc %s, but %s is here; %s", self._compiled.compiler, installed, _AGAIN
            )
        from optimum.neuron import NeuronStableDiffusionXLPipeline

        self._pipeline = NeuronStableDiffusionXLPipeline.from_pretrained(str(weights.base))

    def shape(self, job: Job) -> Shape:
        """Accept what the model was compiled for; see Engine."""
        return self._compiled.shape(job)

    def generate(self, shape: Shape, jobs: Sequence[Job], wanted: Wanted) -> list["Image"]:
        """Make a picture for each job; see Engine. A call takes as long with fewer jobs."""
        from stable_diffusion_serve.diffusers_engine import call

        return call(self._pipeline, shape, fill(jobs, self._compiled.batch_size), wanted)[: len(jobs)]


def _scale(folder: Path) -> int:
    """Give the pixels of one unit of the latent picture: the decoder doubles between its blocks."""
    config = json.loads((folder / "vae_decoder" / "config.json").read_text(encoding="utf-8"))
    return int(2 ** (len(config["block_out_channels"]) - 1))
