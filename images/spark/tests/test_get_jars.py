"""The jars of the image: one that is not what the list says is found."""

import hashlib
import importlib.util
from pathlib import Path

from rendered import REPOSITORY

spec = importlib.util.spec_from_file_location("get_jars", REPOSITORY / "images" / "spark" / "get_jars.py")
assert spec
assert spec.loader
get_jars = importlib.util.module_from_spec(spec)
spec.loader.exec_module(get_jars)


def test_a_jar_that_is_missing_or_another_one_is_named(tmp_path: Path) -> None:
    hashed = hashlib.sha256(b"as listed").hexdigest()
    (tmp_path / "good.jar").write_bytes(b"as listed")
    (tmp_path / "other.jar").write_bytes(b"something else")
    assert get_jars.wrong(tmp_path, dict.fromkeys(("good.jar", "other.jar", "missing.jar"), hashed)) == [
        "other.jar",
        "missing.jar",
    ]
