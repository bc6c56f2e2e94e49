"""Every kind of bad environment file is answered with exactly the expected lines.

Each folder in invalid/ has the files that differ from those in valid/, and the message in `expected`.
"""

import shutil
from pathlib import Path

import pytest
import yaml

from charts_src.config import load_all, nodes
from charts_src.errors import UserError

HERE = Path(__file__).parent
CASES = sorted(path.name for path in (HERE / "invalid").iterdir())


def message(case: str, tmp_path: Path) -> str:
    directory = tmp_path / "environments"
    shutil.copytree(HERE / "valid", directory)
    shutil.copytree(HERE / "invalid" / case, directory, dirs_exist_ok=True)
    with pytest.raises(UserError) as caught:
        load_all(directory)
    return f"{caught.value}\n"


@pytest.mark.parametrize("case", CASES)
def test_an_invalid_file_is_answered_literally(
    case: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert message(case, tmp_path) == (HERE / "invalid" / case / "expected").read_text()


@pytest.mark.parametrize("case", CASES)
def test_the_parser_in_python_gives_the_same_messages(
    case: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(nodes, "_LOADER", yaml.SafeLoader)
    assert message(case, tmp_path) == (HERE / "invalid" / case / "expected").read_text()


def test_the_cases_exist() -> None:
    assert len(CASES) >= 50
