"""Waits that end: with what was waited for, or with an error that says what did not come."""

import time
from collections.abc import Callable
from typing import TypeVar

import urllib3

T = TypeVar("T")


def eventually(check: Callable[[], T | None], seconds: float, what: str | Callable[[], str]) -> T:
    """Call `check` until it gives something true, and give that; it is called at least once.

    Raises TimeoutError with `what` after `seconds`. What `check` raises ends the wait at once.
    """
    start = time.monotonic()
    while True:
        if found := check():
            return found
        waited = time.monotonic() - start
        if waited >= seconds:
            message = what() if callable(what) else what
            raise TimeoutError(f"after {seconds:g} s: {message}")
        time.sleep(min(max(0.05, waited / 6), 1))  # to look costs; so a wait gets a sixth longer at most


def answers(url: str) -> bool:
    """Say whether what listens at a URL of this machine answers, and with success."""
    try:
        return urllib3.request("GET", url, timeout=5, retries=False).status < 400
    except urllib3.exceptions.HTTPError:
        return False
