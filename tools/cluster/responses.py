"""What an API server's response says beside its object: a refusal, or warnings."""

import re

import requests

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


def checked(response: requests.Response) -> requests.Response:
    """Give a response that is none of an error back; raises Refused for the others."""
    if response.ok:
        return response
    try:
        status = response.json()
    except requests.JSONDecodeError:
        status = {}
    message, reason = status.get("message", response.text), status.get("reason", response.reason)
    raise Refused(response.status_code, message, reason)


def warnings_of(response: requests.Response) -> list[str]:
    """Give the texts of all Warning headers."""
    headers = response.raw.headers.getlist("Warning")
    return [re.sub(r"\\(.)", r"\1", text) for header in headers for text in _WARNING.findall(header)]
