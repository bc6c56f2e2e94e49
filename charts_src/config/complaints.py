"""What is wrong in environment files, and how the user is told."""

import json
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

from charts_src.credentials import CREDENTIAL
from charts_src.errors import UserError

Where = tuple[str | int, ...]
"""Keys and list indexes that lead to a value."""


class Complaint(NamedTuple):
    """One problem of a file. Line 0 is the file as a whole, `where` is () for a line as a whole."""

    file: Path
    line: int
    where: Where
    message: str

    def __str__(self) -> str:
        """Write it as file:line: path: message, in one line."""
        place = f"{shown_path(self.file)}:{self.line}" if self.line else shown_path(self.file)
        return ": ".join(part for part in (place, dotted(self.where), _presentable(self.message)) if part)


def refusal(complaints: Iterable[Complaint]) -> UserError:
    """Make the error that tells all complaints, one line each, sorted by file and line."""
    ordered = sorted(complaints, key=lambda complaint: (complaint.file, complaint.line))
    return UserError("\n".join(dict.fromkeys(map(str, ordered))))


def shown_path(path: Path) -> str:
    """Write a path relative to the current directory when it is below it."""
    full = path.absolute()
    return str(full.relative_to(Path.cwd()) if full.is_relative_to(Path.cwd()) else full)


def shown(value: Any) -> str:
    """Write a value in one short line of ASCII, and never a secret."""
    text = _presentable(json.dumps(value))
    return text if len(text) <= 80 else f"{text[:76]}..."


def dotted(where: Where) -> str:
    """Write a path as a.b[0].c."""
    keys = "".join(f"[{key}]" if isinstance(key, int) else f".{_plain(key)}" for key in where)
    return keys.removeprefix(".")


def _plain(key: str) -> str:
    return key if re.fullmatch(r"[A-Za-z0-9_/-]{1,76}", key) and not CREDENTIAL.search(key) else shown(key)


def _presentable(text: str) -> str:
    """Mask secrets, and escape what a terminal would not print as one line of ASCII."""
    masked = CREDENTIAL.sub("***", text)
    return re.sub(r"[^ -~]", lambda match: match[0].encode("unicode_escape").decode(), masked)
