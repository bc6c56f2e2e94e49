"""The jars of the image: a list that is not what Maven has is refused, with the jar's name."""

import subprocess
import sys
from pathlib import Path

import pyspark

from rendered import REPOSITORY

FOLDER = REPOSITORY / "images" / "spark"


def test_a_jar_that_is_not_as_listed_ends_the_build_with_its_name(tmp_path: Path) -> None:
    listing = tmp_path / "jars.txt"
    listing.write_text(f"{'0' * 64}  org.reactivestreams:reactive-streams:1.0.4\n")
    done = subprocess.run(
        [sys.executable, FOLDER / "get_jars.py", listing, tmp_path / "jars", Path(pyspark.__path__[0])],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert done.stderr == (
        f"error: reactive-streams-1.0.4.jar: not the file that {listing} lists; look at both\n"
    )
