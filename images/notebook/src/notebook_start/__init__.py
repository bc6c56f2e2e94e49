"""What a user's server does as it starts: gives a home the starter notebooks that it has not had yet."""

import logging
import shutil
from pathlib import Path

log = logging.getLogger(__name__)


def copy_examples(source: Path, target: Path) -> None:
    """Copy each notebook of `source` that `target` lacks; what a user has changed stays.

    A home that is full or can't be written is no reason to have no server, so that gets a warning.
    """
    try:
        target.mkdir(parents=True, exist_ok=True)
        for file in sorted(source.glob("*.ipynb")):
            if not (target / file.name).exists():
                shutil.copyfile(file, target / file.name)
    except OSError as error:
        log.warning("no starter notebooks in %s: %s", target, error)
