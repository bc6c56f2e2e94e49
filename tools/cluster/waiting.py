"""Waits that end: with what was waited for, or with an error that says what did not come."""

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def eventually(check: Callable[[], T | None], seconds: float, what: str | Callable[[], str]) -> T:
    """Call `check` until it gives something true, and give that; it is called at least once.

    Raises TimeoutError with `what` after `seconds`. What `check` raises ends the wait at once.
    """
    end = time.monotonic() + seconds
    pause = 0.02
    while True:
        if found := check():
            return found
        if time.monotonic() >= end:
            message = what() if callable(what) else what
            raise TimeoutError(f"after {seconds:g} s: {message}")
        time.sleep(pause)
        pause = min(pause * 1.5, 0.25)
