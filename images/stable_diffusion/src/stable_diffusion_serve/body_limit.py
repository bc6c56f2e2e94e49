"""Refuses bodies that are too long before they are read whole."""

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from starlette.responses import JSONResponse

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[MutableMapping[str, Any], Receive, Send], Awaitable[None]]


class _TooLongError(Exception):
    pass


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
        seen = 0

        async def counted() -> Message:
            nonlocal seen
            message = await receive()
            seen += len(message.get("body", b""))
            if seen > limit:
                raise _TooLongError
            return message

        try:
            if length.isdigit() and int(length) > limit:
                raise _TooLongError
            await self._app(scope, counted, send)
        except _TooLongError:
            refusal = JSONResponse({"error": f"body: is longer than {limit} bytes; shorten it"}, 413)
            await refusal(scope, counted, send)
