"""The service of Stable Diffusion with models for measuring: what runs in the processes of Ray."""

import asyncio
import time
from collections.abc import Sequence
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

SIDE = 512

_FIXED_SECONDS = 0.2
_PICTURE_SECONDS = 0.1


class Device:
    """An accelerator beside the CPU: a call takes a fixed time and some for each picture, and no CPU."""

    def __init__(self) -> None:
        noise = Image.effect_noise((SIDE, SIDE), 12).convert("RGB")
        self._picture = Image.blend(
            Image.radial_gradient("L").resize((SIDE, SIDE)).convert("RGB"), noise, 0.3
        )

    def shape(self, job: Job) -> Shape:
        return Shape(SIDE, SIDE, job.steps, job.guidance, negative=False)

    def generate(self, shape: Shape, jobs: Sequence[Job], wanted: Wanted) -> list[Image.Image]:  # noqa: ARG002
        time.sleep(seconds(len(jobs)))
        return [self._picture.copy() for _ in jobs]


def seconds(pictures: int) -> float:
    """Give the time of a call."""
    return _FIXED_SECONDS + _PICTURE_SECONDS * pictures


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

    async def submit(self, key: Shape, item: Job) -> Any:
        return await self._together((key, item))


def _device(_settings: Settings) -> Engine:
    return Device()


def build(args: dict[str, Any]) -> Application:
    """Serve the source `device`, or a pipeline; `serve_batch` puts @serve.batch in the place of Batcher."""
    batcher = ServeBatches if args.pop("serve_batch", False) else Batcher
    settings = read(args)
    frontend: Any = Frontend
    model: Any = TextToImage
    load = _device if settings.model_source == "device" else engine.load
    return frontend.bind(model.bind(settings, load, batcher), settings)
