"""Files that can't lie in the repository: too large, not text, no file at all."""

import os
from pathlib import Path

import pytest

from charts_src.config import load, load_all
from charts_src.errors import UserError

BASE = Path(__file__).parent / "valid" / "base.yaml"


@pytest.fixture
def directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    path = Path("environments")
    path.mkdir()
    (path / "base.yaml").write_bytes(BASE.read_bytes())
    return path


def message(directory: Path, content: bytes) -> str:
    (directory / "prod.yaml").write_bytes(content)
    with pytest.raises(UserError) as caught:
        load("prod", directory)
    return str(caught.value)


def test_an_unknown_environment_gets_a_suggestion(directory: Path) -> None:
    for name in ("dev", "prod", "staging"):
        (directory / f"{name}.yaml").write_text(f"name: {name}\n")
    with pytest.raises(UserError) as caught:
        load("prd", directory)
    assert str(caught.value) == 'environments: has no environment "prd"; did you mean prod?'
    with pytest.raises(UserError) as caught:
        load("../x", directory)
    assert str(caught.value) == 'environments: has no environment "../x"; there are dev, prod, staging'


def test_base_is_no_environment(directory: Path) -> None:
    with pytest.raises(UserError) as caught:
        load("base", directory)
    assert str(caught.value) == "environments: has no environment; write NAME.yaml there"


def test_a_missing_folder_is_named() -> None:
    with pytest.raises(UserError) as caught:
        load_all(Path("/nowhere/environments"))
    assert str(caught.value) == "/nowhere/environments: has no environment; write NAME.yaml there"


def test_a_folder_is_refused(directory: Path) -> None:
    (directory / "prod.yaml").mkdir()
    with pytest.raises(UserError) as caught:
        load("prod", directory)
    assert str(caught.value) == "environments/prod.yaml: is a directory; an environment is one YAML file"


def test_a_pipe_is_refused_and_not_waited_for(directory: Path) -> None:
    os.mkfifo(directory / "prod.yaml")
    with pytest.raises(UserError) as caught:
        load("prod", directory)
    assert (
        str(caught.value) == "environments/prod.yaml: is not a regular file; an environment is one YAML file"
    )


def test_an_unreadable_file_is_refused(directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def denied(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", denied)
    (directory / "base.yaml").unlink()
    (directory / "prod.yaml").touch()
    with pytest.raises(UserError) as caught:
        load("prod", directory)
    assert str(caught.value) == (
        "environments/prod.yaml: cannot be read (Permission denied); check that you may read it"
    )


def test_a_dangling_link_is_refused(directory: Path) -> None:
    (directory / "prod.yaml").symlink_to("gone.yaml")
    with pytest.raises(UserError) as caught:
        load("prod", directory)
    assert str(caught.value) == (
        "environments/prod.yaml: cannot be read (No such file or directory); check that you may read it"
    )


def test_an_empty_file_is_refused(directory: Path) -> None:
    assert message(directory, b"") == (
        "environments/prod.yaml: is empty; write at least `name: ` and the name of the environment"
    )


def test_a_huge_file_is_refused_unread(directory: Path) -> None:
    with (directory / "prod.yaml").open("wb") as file:
        file.truncate(100_000_000)
    with pytest.raises(UserError) as caught:
        load("prod", directory)
    assert str(caught.value) == (
        "environments/prod.yaml: is larger than 1 MB; an environment holds settings only"
    )


@pytest.mark.parametrize("encoding", ["utf-16", "latin-1"])
def test_another_encoding_is_refused(directory: Path, encoding: str) -> None:
    line = 1 if encoding == "utf-16" else 2
    assert message(directory, "name: prod\n# ü\n".encode(encoding)) == (
        f"environments/prod.yaml:{line}: is not UTF-8 text; save the file as UTF-8"
    )


def test_utf_16_without_a_mark_is_refused(directory: Path) -> None:
    assert message(directory, "name: prod\n".encode("utf-16-le")) == (
        "environments/prod.yaml:1: holds the control character U+0000; delete it, or save as UTF-8"
    )


@pytest.mark.parametrize(
    ("character", "name"), [("\0", "U+0000"), ("\r", "U+000D"), ("\u202e", "U+202E"), ("\ufeff", "U+FEFF")]
)
def test_hidden_characters_are_refused(directory: Path, character: str, name: str) -> None:
    assert message(directory, f"name: prod\n# a{character}b\n".encode()) == (
        f"environments/prod.yaml:2: holds the control character {name}; delete it, or save as UTF-8"
    )


def test_a_byte_order_mark_and_windows_line_ends_are_accepted(directory: Path) -> None:
    (directory / "prod.yaml").write_bytes(b"\xef\xbb\xbfname: prod\r\nkuberay:\r\n  replicas: 3\r\n")
    assert load("prod", directory).kuberay.replicas == 3


@pytest.mark.parametrize(
    "content",
    [
        "name: prod\naws: " + "[" * 2_000 + "]" * 2_000,
        "name: prod\naws: " + "{a: " * 2_000 + "}" * 2_000,
        "name: prod\naws: " + "[" * 500_000,
    ],
)
def test_deep_nesting_is_refused(directory: Path, content: str) -> None:
    assert message(directory, content.encode()) == (
        "environments/prod.yaml:2: is nested deeper than 20 levels; no setting is that deep"
    )


def test_deep_indentation_is_refused(directory: Path) -> None:
    lines = [f"{' ' * depth}a:" for depth in range(1_000)]
    assert message(directory, "\n".join(lines).encode()) == (
        "environments/prod.yaml:21: is nested deeper than 20 levels; no setting is that deep"
    )
