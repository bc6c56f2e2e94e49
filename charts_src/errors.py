"""Errors that a user can cause. Anything else is a bug and keeps its traceback."""


class UserError(Exception):
    """A problem in the user's input or surroundings.

    The message is one or more lines, each saying where, what is wrong and what to do about it.
    The command line prints it without a traceback and exits with 2.
    """
