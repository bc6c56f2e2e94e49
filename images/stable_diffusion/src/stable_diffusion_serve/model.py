"""The deployment with the model: one copy, one accelerator."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from time import perf_counter
from typing import Any

from ray import serve
from ray.serve.metrics import Counter, Histogram

from genai.errors import InputError
from stable_diffusion_serve import encoding, engine
from stable_diffusion_serve.batches import Batcher
from stable_diffusion_serve.encoding import Picture, Refusal
from stable_diffusion_serve.generation import Job
from stable_diffusion_serve.settings import Settings

_BAD_CALLS = 3
"""Calls that fail one after the other until the copy is replaced: a GPU that has failed stays so."""

_ENCODERS = 2


@serve.deployment
class TextToImage:
    """Makes pictures, as many as possible with one call of the model."""

    def __init__(
        self,
        settings: Settings,
        load: Callable[[Settings], engine.Engine] = engine.load,
        batcher: Callable[..., Any] = Batcher,
    ) -> None:
        """Load the model; until then the copy gets no requests. Benchmarks have others to compare with."""
        self._engine = load(settings)
        self._batcher = batcher(self._engine.generate, settings.batch_size, settings.batch_wait_seconds)
        self._encoders = ThreadPoolExecutor(_ENCODERS, thread_name_prefix="encode")
        self._failed = 0
        self._pictures = Counter("stable_diffusion_pictures_total", "Pictures made")
        self._batch = Histogram(
            "stable_diffusion_batch_size", "Pictures of a call of the model", boundaries=[1, 2, 4, 8, 16]
        )
        self._seconds = Histogram(
            "stable_diffusion_seconds",
            "Time of a picture, by phase: queue, model, encode",
            boundaries=[0.01, 0.1, 0.5, 1, 2, 5, 10, 20, 60, 120, 300],
            tag_keys=("phase",),
        )

    async def generate(self, job: Job) -> Picture | Refusal:
        """Give a picture, or say why there is none. Raises what the model raised."""
        try:
            shape = self._engine.shape(job)
            done = await self._batcher.submit(shape, job, job.company)
        except InputError as error:
            return Refusal(str(error))
        except Exception:
            self._failed += 1
            raise
        self._failed = 0
        start = perf_counter()
        loop = asyncio.get_running_loop()
        png = await loop.run_in_executor(self._encoders, partial(encoding.png, done.result))
        seconds = {"queue": done.waited, "model": done.took, "encode": perf_counter() - start}
        self._note(done.size, seconds)
        return Picture(png, job.seed, done.size, seconds)

    def check_health(self) -> None:
        """Ask for a new copy when this one only fails. Serve calls this every health_check_period_s."""
        if self._failed >= _BAD_CALLS:
            raise RuntimeError(f"the last {self._failed} calls of the model have failed")

    def _note(self, size: int, seconds: dict[str, float]) -> None:
        self._pictures.inc()
        self._batch.observe(size)
        for phase, value in seconds.items():
            self._seconds.observe(value, tags={"phase": phase})
