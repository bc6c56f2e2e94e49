"""Settings as plain data, each with the file and line that decided it."""

from pathlib import Path
from typing import Any, NamedTuple

from charts_src.config.complaints import Complaint, Where


class Origin(NamedTuple):
    """Where a value is written, and how, if it is a number, a boolean or null."""

    file: Path
    line: int
    text: str = ""


Origins = dict[Where, Origin]
"""Path of every mapping, list and scalar -> its origin; the root is at ()."""


class Items(NamedTuple):
    """The content of a file that is a list, and what was wrong with its text."""

    data: list[Any]
    origins: Origins
    """Path of every value, which begins with the index of its item -> its origin."""
    complaints: tuple[Complaint, ...]


class Settings(NamedTuple):
    """The content of one environment file, or of several merged into one.

    `complaints` has what was wrong with the text; the data at their paths can't be trusted.
    """

    data: dict[str, Any]
    origins: Origins
    complaints: tuple[Complaint, ...]

    def origin(self, where: Where) -> Origin:
        """Say which file and line decided a value; for a missing one, where the section around it begins."""
        return next(self.origins[where[:n]] for n in range(len(where), -1, -1) if where[:n] in self.origins)

    def overlaid(self, top: "Settings") -> "Settings":
        """Merge: mappings key by key, everything else is replaced, and null removes what is below it."""
        hidden = set(_replaced(self.data, top.data, ()))
        kept = {
            where: origin
            for where, origin in self.origins.items()
            if not any(where[:n] in hidden for n in range(1, len(where) + 1))
        }
        return Settings(_merged(self.data, top.data), kept | top.origins, (*self.complaints, *top.complaints))


def _merged(base: Any, top: Any) -> Any:
    """Merge plain data; a null in `top` stays where `base` has nothing to remove."""
    if not (isinstance(base, dict) and isinstance(top, dict)):
        return top
    overlaid = {key: _merged(base[key], value) if key in base else value for key, value in top.items()}
    removed = [key for key, value in top.items() if value is None and key in base]
    return {key: value for key, value in (base | overlaid).items() if key not in removed}


def _replaced(base: dict[str, Any], top: dict[str, Any], where: Where) -> list[Where]:
    """List the paths at which `top` replaces a value of `base` instead of merging with it."""
    paths: list[Where] = []
    for key in (key for key in top if key in base):
        if isinstance(base[key], dict) and isinstance(top[key], dict):
            paths += _replaced(base[key], top[key], (*where, key))
        else:
            paths.append((*where, key))
    return paths
