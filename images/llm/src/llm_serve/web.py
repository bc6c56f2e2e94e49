"""The HTTP side without the application: what it answers when a request is wrong, and whom.

Source: ray/llm/_internal/serve/core/ingress/ingress.py and middleware.py, Ray 2.60.0.
"""

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from ray.llm._internal.serve.core.ingress import ingress
from starlette.exceptions import HTTPException
from starlette.middleware.cors import CORSMiddleware
from starlette.responses import JSONResponse


def http_app() -> FastAPI:
    """Give Ray's app (request ids, metrics, errors of the engine) with two differences.

    Scripts of other web sites get no answer: Ray's middleware allows any origin, with cookies, and a browser
    that is logged in at the load balancer has one. And what is wrong with a request is told in OpenAI's form;
    Ray's own handler breaks on a body that is no JSON.
    """
    app: FastAPI = ingress.init()
    app.user_middleware = [each for each in app.user_middleware if each.cls is not CORSMiddleware]
    app.add_exception_handler(RequestValidationError, _malformed)
    app.add_exception_handler(HTTPException, _refused)
    return app


async def _malformed(_request: Request, error: RequestValidationError) -> JSONResponse:
    """Say what is wrong with the first wrong field, and not what was in it."""
    first = error.errors()[0]
    field = ".".join(str(part) for part in first["loc"] if part != "body")
    return _answer(400, f"{field}: {first['msg']}" if field else first["msg"], field or None)


async def _refused(_request: Request, error: HTTPException) -> JSONResponse:
    return _answer(error.status_code, str(error.detail))


def _answer(status: int, message: str, field: str | None = None) -> JSONResponse:
    error = {"message": message, "type": "invalid_request_error", "param": field, "code": status}
    return JSONResponse({"error": error}, status_code=status)
