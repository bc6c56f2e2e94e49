"""Wrong input: one clear line for the person who gave it, and exit code 2."""

import sys
from collections.abc import Callable


class InputError(Exception):
    """What was given can't be used; the message says what, and the remedy."""


def run(main: Callable[[], None]) -> None:
    """Run the main function of a program; an InputError ends it with one line and exit code 2."""
    try:
        main()
    except InputError as error:
        print(f"error: {error}", file=sys.stderr)
        sys.exit(2)
