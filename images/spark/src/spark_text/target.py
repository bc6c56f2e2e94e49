"""Where results go: a folder for each run, and manifest.json, which says which of them counts.

S3 has no rename. So a run writes to a folder of its own, where the committer makes its files visible all at
once, then one PUT of the manifest makes the run the current one, and then the folders of other runs go, those
that were broken off included. Whatever a run meets, a reader that starts from the manifest finds whole data.
"""

import json
from typing import Any

from spark_text.documents import file_system

MANIFEST = "manifest.json"
_RUN = "run-"


def run_folder(target: str, identity: str) -> str:
    """Give the folder of a run."""
    return f"{target.rstrip('/')}/{_RUN}{identity}"


def publish(spark: Any, target: str, folder: str, facts: dict[str, Any]) -> None:
    """Make the run in `folder` the current one, and remove all other runs."""
    name = folder.rpartition("/")[2]
    text = json.dumps({"run": name, **facts}, indent=1, sort_keys=True) + "\n"
    system, place = file_system(spark, f"{target.rstrip('/')}/{MANIFEST}")
    stream = system.create(place, True)
    try:
        stream.write(bytearray(text.encode("utf-8")))
    finally:
        stream.close()
    for status in system.listStatus(place.getParent()):
        other = status.getPath().getName()
        if other.startswith(_RUN) and other != name:
            system.delete(status.getPath(), True)


def discard(spark: Any, folder: str) -> None:
    """Remove a run that failed."""
    system, place = file_system(spark, folder)
    system.delete(place, True)
