"""Fetches pinned Go modules through the go command and proves that they are the pinned ones."""

import json
import os
import subprocess
from pathlib import Path

from charts_src import ROOT
from charts_src.errors import UserError
from charts_src.schema.sources import Module

GO = ROOT / ".tools" / "go"
"""The go command; make sets it up."""


def module_folder(module: Module) -> Path:
    """Return the folder of a module's source in the Go module cache, downloading it when it is not there.

    Raises UserError when go is missing, the download fails or the source is not the pinned one.
    """
    answer = _download(module)
    if answer["Sum"] != module.sum:
        raise UserError(
            f"{module}: its source has the sum {answer['Sum']}, pinned is {module.sum}. "
            "Do not use it before you know which is right; then correct sources.py or GOPROXY."
        )
    return Path(answer["Dir"])


def _download(module: Module) -> dict[str, str]:
    # GOTOOLCHAIN: a module may demand a newer Go than the installed one, even to be unpacked.
    environment = {**os.environ, "GOTOOLCHAIN": "auto"}
    command = [str(GO), "mod", "download", "-json", str(module)]
    try:
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        raise UserError(f"{GO}: not found. Run `make schemas`, which sets Go up.") from None
    answer: dict[str, str] = json.loads(done.stdout or "{}")
    if done.returncode or "Error" in answer:
        reason = answer.get("Error", done.stderr).strip()
        raise UserError(
            f"{module}: download failed: {reason}. Check the network and `.tools/go env GOPROXY`."
        )
    return answer
