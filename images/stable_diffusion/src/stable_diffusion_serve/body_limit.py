"""Refuses bodies that are too long before they are read whole.

Here and not where FastAPI reads them: it makes a 400 of every exception there.
"""

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from starlette.responses import JSONResponse

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[MutableMapping[str, Any], Receive, Send], Awaitable[None]]


class BodyLimit:
    """ASGI middleware that answers 413, by the header or, without one, by what arrives."""

    def __init__(self, app: App, limit: Callable[[], int]) -> None:
        """Let `app` have bodies of at most `limit()` bytes."""
        self._app = app
        self._limit = limit

    async def __call__(self, scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
        """Answer a request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        limit = self._limit()
        length = dict(scope["headers"]).get(b"content-length", b"")
        body = None if length.isdigit() and int(length) > limit else await _read(receive, limit)
        if body is None:
            refusal = JSONResponse({"error": f"body: is longer than {limit} bytes; shorten it"}, 413)
            await refusal(scope, receive, send)
            return
        first: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

        async def replayed() -> Message:
            return first.pop() if first else await receive()

        await self._app(scope, replayed, send)


async def _read(receive: Receive, limit: int) -> bytes | None:
    """Give the body, which is short; None for one that is longer than `limit` bytes."""
    body = b""
    while True:
        message = await receive()
        body += bytes(message.get("body", b""))
        if len(body) > limit:
            return None
        if not message.get("more_body", False):
            return body
