"""The deployment that speaks HTTP: it validates, waits for pictures, and says no quickly."""

import asyncio
import logging

from fastapi import Request, Response
from ray import serve
from ray.exceptions import RayActorError
from ray.serve.exceptions import BackPressureError, DeploymentUnavailableError
from ray.serve.handle import DeploymentHandle
from ray.serve.metrics import Counter

from stable_diffusion_serve.answers import allow, api, refusal, rendered
from stable_diffusion_serve.encoding import Picture, Refusal
from stable_diffusion_serve.generation import Generate, Job
from stable_diffusion_serve.settings import Settings

log = logging.getLogger("ray.serve")

_RETRY_SECONDS = 5
"""When to come back if a copy of the model was lost; its successor may need longer."""


@serve.deployment
@serve.ingress(api)
class Frontend:
    """POST /generate and GET /healthz; every error is JSON with one line, `error`."""

    def __init__(self, model: DeploymentHandle, settings: Settings) -> None:
        """Serve pictures of `model`."""
        allow(settings.limits)
        self._model = model
        self._settings = settings
        self._requests = Counter(
            "stable_diffusion_requests_total", "Requests for pictures, by status", tag_keys=("status",)
        )

    @api.get("/healthz")
    async def healthz(self) -> dict[str, str]:
        """Say that this process answers; the health of the copies of the model is Serve's business."""
        return {"status": "ok"}

    @api.post("/generate", response_class=Response)
    async def generate(self, body: Generate, request: Request) -> Response:
        """Give a PNG, or JSON with `images` if there are several or the client accepts JSON alone."""
        response = await self._answer(body, request.headers.get("accept", ""))
        self._requests.inc(tags={"status": str(response.status_code)})
        return response

    async def _answer(self, body: Generate, accept: str) -> Response:
        if wrong := "; ".join(body.problems(self._settings.limits)):
            return refusal(422, wrong)
        try:
            found = await self._pictures(body.jobs())
        except TimeoutError:
            seconds = f"{self._settings.timeout_seconds:g} seconds"
            return refusal(504, f"not done after {seconds}; ask for fewer steps, or come back later")
        except BackPressureError as error:
            return refusal(429, "too many requests wait; come back later", error.retry_after_s or 1)
        except (DeploymentUnavailableError, RayActorError):
            return refusal(503, "the model went away; come back later", _RETRY_SECONDS)
        except Exception:
            log.exception("the model failed")
            return refusal(500, "the model failed; its log says why")
        pictures = [each for each in found if isinstance(each, Picture)]
        if refused := next((each for each in found if isinstance(each, Refusal)), None):
            return refusal(422, refused.message)
        return rendered(pictures, accept)

    async def _pictures(self, jobs: list[Job]) -> list[Picture | Refusal]:
        """Ask for all at once. Whatever ends this early, a client that left too, calls the rest off."""
        waiting = [self._model.generate.remote(job) for job in jobs]
        try:
            async with asyncio.timeout(self._settings.timeout_seconds):
                return list(await asyncio.gather(*waiting))
        except BaseException:
            for each in waiting:
                each.cancel()
            raise
