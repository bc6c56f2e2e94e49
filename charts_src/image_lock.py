"""Fills lib/images.lock.json: asks the registries for the digest of each image that is pinned by its tag.

The only command that talks to registries, and only when a person runs it; rendering reads what it wrote.
crane (github.com/google/go-containerregistry) does the asking, with the logins of the person's docker
configuration.
"""

import json
import os
import re
import subprocess
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from rich.progress import track

from charts_src import ROOT
from charts_src.errors import UserError
from charts_src.lib.images import LOCK
from charts_src.publish import replace_file

CRANE = ROOT / ".tools" / "bin" / "crane"

_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
_AT_ONCE = 8


def lock(references: Iterable[str], crane: Path = CRANE, file: Path = LOCK) -> list[str]:
    """Write the digest of each image into the lock, and say what changed, a line for each.

    Digests of images that are no longer asked for go. Raises UserError, and leaves the lock as it was, when
    a registry gives no digest.
    """
    wanted = sorted(set(references))
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        answers = pool.map(lambda reference: _digest(reference, crane), wanted)
        # The bar goes to a terminal only.
        found = dict(
            zip(wanted, track(answers, "asking registries", len(wanted), disable=_quiet()), strict=True)
        )
    if refused := [f"{name}: {answer}" for name, answer in found.items() if not _DIGEST.fullmatch(answer)]:
        raise UserError("\n".join(refused))
    before = json.loads(file.read_text(encoding="utf-8"))
    replace_file(file, json.dumps(found, indent=2, sort_keys=True) + "\n")
    return [
        f"{name} {found.get(name, 'removed')}"
        for name in sorted(before | found)
        if before.get(name) != found.get(name)
    ]


def _digest(reference: str, crane: Path) -> str:
    """Ask for the digest of an image: of its index, where it has one for each architecture."""
    try:
        done = subprocess.run([crane, "digest", reference], capture_output=True, text=True, check=False)
    except FileNotFoundError:
        raise UserError(f"{crane}: not found; run make lock-images, which builds it") from None
    if done.returncode:
        return done.stderr.strip().splitlines()[-1] if done.stderr.strip() else "no answer"
    return done.stdout.strip()


def _quiet() -> bool:
    return not os.isatty(1)
