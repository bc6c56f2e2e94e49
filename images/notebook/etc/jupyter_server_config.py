"""Jupyter's configuration in our images; the server runs it as it starts."""

import os
from pathlib import Path

from notebook_start import copy_examples

c = get_config()  # type: ignore[name-defined]  # noqa: F821  # Jupyter defines it

# The home is a volume, empty at first, so the image keeps the notebooks elsewhere.
copy_examples(Path(os.environ.get("STARTER_NOTEBOOKS", "/opt/notebooks")), Path.home() / "examples")

# What is deleted is gone: a wastebasket would fill the volume unseen.
c.FileContentsManager.delete_to_trash = False
