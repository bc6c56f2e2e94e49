"""What an API server's response says beside its object: a refusal, or warnings."""

import json
import re
from http import HTTPStatus

import urllib3

_WARNING = re.compile(r'299 \S+ "((?:[^"\\]|\\.)*)"')
"""A Warning header as RFC 7234, section 5.5, writes it: code, agent, text in quotes."""


class Refused(Exception):  # noqa: N818  # it says what happened
    """The API server refused a request."""

    def __init__(self, status: int, message: str, reason: str) -> None:
        """Take the HTTP status, and message and reason of the Status object."""
        super().__init__(f"{status} {reason}: {message}")
        self.status = status
        self.message = message
        self.reason = reason


def checked(response: urllib3.BaseHTTPResponse) -> urllib3.BaseHTTPResponse:
    """Give a response that is none of an error back; raises Refused for the others."""
    if response.status < HTTPStatus.BAD_REQUEST:
        return response
    try:
        status = response.json()
    except json.JSONDecodeError:
        status = {}
    message = status.get("message", response.data.decode(errors="replace"))
    raise Refused(response.status, message, status.get("reason", response.reason))


def warnings_of(response: urllib3.BaseHTTPResponse) -> list[str]:
    """Give the texts of all Warning headers."""
    headers = response.headers.getlist("Warning")
    return [re.sub(r"\\(.)", r"\1", text) for header in headers for text in _WARNING.findall(header)]
