"""Environments that a test may change."""

import shutil
from pathlib import Path

import pytest

from charts_src import state
from tests.cli.copies import SOURCE

VALID = SOURCE / "tests" / "config" / "valid"


@pytest.fixture
def environments(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Small files of an environment prod, in the current directory."""
    directory = tmp_path / "environments"
    shutil.copytree(VALID, directory)
    monkeypatch.setattr(state, "ENVIRONMENTS", directory)
    monkeypatch.chdir(tmp_path)
    return directory


def line_of(file: str, text: str) -> str:
    """Give the only line of a file of the repository that has a text, as file:line."""
    lines = (SOURCE / file).read_text().splitlines()
    found = [number for number, line in enumerate(lines, start=1) if text in line]
    assert len(found) == 1, f"{file} has {text!r} in lines {found}"
    return f"{file}:{found[0]}"
