"""Files below .cache: they save work and nothing depends on them, so none that can't be used is an error."""

from contextlib import suppress
from os import getpid
from pathlib import Path

from charts_src.fingerprint import of_text


def read(path: Path) -> str | None:
    """Give the text that `write` left there; None if it is missing, unreadable or not what was written."""
    try:
        seal, _, text = path.read_text(encoding="utf-8").partition("\n")
    except (OSError, ValueError):
        return None
    return text if seal == of_text(text) else None


def write(path: Path, text: str) -> None:
    """Keep a text, whole or not at all. On a full or read-only disk it is not kept."""
    stage = path.with_suffix(f".{getpid()}")
    with suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            stage.write_text(f"{of_text(text)}\n{text}", encoding="utf-8")
            stage.replace(path)
        finally:
            stage.unlink(missing_ok=True)
