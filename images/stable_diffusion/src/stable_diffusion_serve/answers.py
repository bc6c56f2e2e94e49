"""The HTTP application without its routes: what all answers have in common.

Serve copies the class of the routes as it is decorated (serve.ingress, Ray 2.60.0), with what its module has
until then; what is imported, as from here, stays one.
"""

import math
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from stable_diffusion_serve import encoding
from stable_diffusion_serve.body_limit import BodyLimit
from stable_diffusion_serve.encoding import Picture
from stable_diffusion_serve.generation import sentence
from stable_diffusion_serve.settings import Limits

_limits = [Limits()]


def allow(limits: Limits) -> None:
    """Set the length of bodies of this process."""
    _limits[:] = [limits]


def _longest_body() -> int:
    return _limits[0].body_bytes


def refusal(status: int, message: str, retry_after_seconds: float | None = None) -> Response:
    """Give an answer that says what is wrong."""
    headers = {} if retry_after_seconds is None else {"Retry-After": str(math.ceil(retry_after_seconds))}
    return JSONResponse({"error": message}, status, headers=headers)


def rendered(pictures: list[Picture], accept: str) -> Response:
    """Give a PNG, or JSON for several pictures or a client that accepts nothing else."""
    headers = {
        "Server-Timing": encoding.timing(pictures),
        "X-Batch-Size": str(max(each.batch for each in pictures)),
        "X-Seed": str(pictures[0].seed),
    }
    if len(pictures) > 1 or ("application/json" in accept and "image/" not in accept and "*/*" not in accept):
        return JSONResponse(encoding.listing(pictures), headers=headers)
    return Response(pictures[0].png, media_type="image/png", headers=headers)


async def _invalid(_request: Request, error: Any) -> Response:
    broken = any(each["type"] == "json_invalid" for each in error.errors())
    return refusal(400 if broken else 422, sentence(error.errors()))


async def _refused(request: Request, error: Any) -> Response:
    """Answer what the router refuses: an unknown path, or another method."""
    response = refusal(error.status_code, f"{request.method} {request.url.path}: {error.detail}")
    response.headers.update(error.headers or {})
    return response


api = FastAPI(title="Stable Diffusion", docs_url=None, redoc_url=None)
api.add_middleware(BodyLimit, limit=_longest_body)
api.add_exception_handler(RequestValidationError, _invalid)
api.add_exception_handler(HTTPException, _refused)
