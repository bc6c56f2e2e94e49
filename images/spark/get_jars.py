"""Downloads the jars of a list to a folder, and checks them: get_jars.py <list> <folder>.

A line of the list is a SHA-256 and a path in the Maven repository, which is Maven Central unless the variable
MAVEN_REPOSITORY names a mirror. A jar that is there and as listed is not downloaded again.
"""

import hashlib
import os
import sys
import urllib.request
from pathlib import Path

_REPOSITORY = "https://repo1.maven.org/maven2"
_TIMEOUT_SECONDS = 120


def main(listing: Path, folder: Path) -> None:
    """Make the folder what the list says. Exits with one line where a jar isn't what it says."""
    folder.mkdir(parents=True, exist_ok=True)
    repository = os.environ.get("MAVEN_REPOSITORY", _REPOSITORY)
    for wanted, path in (line.split() for line in listing.read_text(encoding="utf-8").splitlines()):
        place = folder / Path(path).name
        if place.is_file() and _hash(place.read_bytes()) == wanted:
            continue
        with urllib.request.urlopen(f"{repository}/{path}", timeout=_TIMEOUT_SECONDS) as answer:  # noqa: S310
            data = answer.read()
        if _hash(data) != wanted:
            sys.exit(f"error: {path}: not the file that {listing} lists; look at both")
        stage = place.with_name(f".{place.name}.new")
        stage.write_bytes(data)
        stage.replace(place)


def _hash(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
