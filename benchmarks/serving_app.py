"""The service of Stable Diffusion with models for measuring: what runs in the processes of Ray."""

import asyncio
import time
from collections.abc import Sequence
from functools import partial
from typing import Any

from PIL import Image
from ray import serve
from ray.serve import Application

from stable_diffusion_serve import engine
from stable_diffusion_serve.batches import Batcher, Done
from stable_diffusion_serve.engine import Engine, Shape, Wanted
from stable_diffusion_serve.frontend import Frontend
from stable_diffusion_serve.generation import Job
from stable_diffusion_serve.model import TextToImage
from stable_diffusion_serve.settings import Settings, read


class Device:
    """An accelerator beside the CPU: a call takes a fixed time and some for each picture, and no CPU."""

    def __init__(self, side: int, fixed: float, each: float) -> None:
        """Give pictures of `side` pixels squared; a call takes `fixed` seconds and `each` for a picture."""
        self._side, self._fixed, self._each = side, fixed, each
        noise = Image.effect_noise((side, side), 12).convert("RGB")
        self._picture = Image.blend(
            Image.radial_gradient("L").resize((side, side)).convert("RGB"), noise, 0.3
        )

    def shape(self, job: Job) -> Shape:
        return Shape(self._side, self._side, job.steps, job.guidance, negative=False)

    def generate(self, shape: Shape, jobs: Sequence[Job], wanted: Wanted) -> list[Image.Image]:  # noqa: ARG002
        time.sleep(self.seconds(len(jobs)))
        return [self._picture.copy() for _ in jobs]

    def seconds(self, pictures: int) -> float:
        """Give the time of a call."""
        return self._fixed + self._each * pictures


DEVICES = {"sdxl": partial(Device, 1024, 0, 2.54), "quick": partial(Device, 512, 0.2, 0.1)}
"""`sdxl`: 30 steps of stable-diffusion-xl-base-1.0 in bfloat16, compiled, on an A100 of 80 GB
(huggingface/diffusers at 06d6b30, docs/source/en/tutorials/fast_diffusion.md); not compiled they take 3.31 s.
`quick`: an assumption, in which a picture more costs a third of the first."""


class ServeBatches:
    """The same contract as Batcher, on @serve.batch."""

    def __init__(self, run: Any, size: int, wait_seconds: float) -> None:
        async def together(items: list[tuple[Shape, Job]]) -> list[Any]:
            loop = asyncio.get_running_loop()
            jobs = [job for _, job in items]
            pictures = await loop.run_in_executor(None, run, items[0][0], jobs, lambda: True)
            return [Done(picture, len(jobs), 0.0, 0.0) for picture in pictures]

        batch = serve.batch(max_batch_size=size, batch_wait_timeout_s=wait_seconds)
        self._together: Any = batch(together)

    async def submit(self, key: Shape, item: Job, company: bool = False) -> Any:  # noqa: ARG002
        return await self._together((key, item))


def _device(settings: Settings) -> Engine:
    return DEVICES[settings.model_source]()


def build(args: dict[str, Any]) -> Application:
    """Serve a device, or a pipeline; `serve_batch` puts @serve.batch in the place of Batcher."""
    batcher = ServeBatches if args.pop("serve_batch", False) else Batcher
    settings = read(args)
    frontend: Any = Frontend
    model: Any = TextToImage
    load = _device if settings.model_source in DEVICES else engine.load
    return frontend.bind(model.bind(settings, load, batcher), settings)
