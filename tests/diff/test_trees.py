import subprocess
from pathlib import Path

import pytest

from charts_src.diff.trees import read_revision, read_tree
from charts_src.errors import UserError


@pytest.fixture
def repo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give a repository with a tag `first` and a later commit on branch main."""
    for name in ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE"):
        monkeypatch.delenv(name, raising=False)
    git(tmp_path, "init", "--initial-branch=main")
    write(tmp_path, "rendered/prod/ray/a.yaml", "a: 1\n")
    write(tmp_path, "rendered/prod/ray/empty.yaml", "")
    write(tmp_path, "rendered/prod/README.md", "no YAML\n")
    write(tmp_path, "rendered/production/b.yaml", "another environment\n")
    commit(tmp_path)
    git(tmp_path, "tag", "first")
    write(tmp_path, "rendered/prod/ray/a.yaml", "a: ü\r\n")
    (tmp_path / "rendered/prod/ray/link.yaml").symlink_to("a.yaml")
    commit(tmp_path)
    return tmp_path


def git(repo: Path, *arguments: str) -> None:
    identity = ("-c", "user.name=t", "-c", "user.email=t@example.com", "-c", "commit.gpgsign=false")
    subprocess.run(["git", "-C", str(repo), *identity, *arguments], check=True, capture_output=True)


def write(repo: Path, path: str, text: str) -> None:
    (repo / path).parent.mkdir(parents=True, exist_ok=True)
    (repo / path).write_bytes(text.encode())


def commit(repo: Path) -> None:
    git(repo, "-c", "core.autocrlf=false", "add", ".")
    git(repo, "commit", "-m", "m")


def test_a_tree_is_read_with_relative_paths(tmp_path: Path) -> None:
    write(tmp_path, "ray/b.yaml", "b: 1\n")
    write(tmp_path, "ray/a.yaml", "a: 1\r\n")
    write(tmp_path, "ray/a.json", "{}")
    files = read_tree(tmp_path)
    assert list(files.items()) == [("ray/a.yaml", "a: 1\r\n"), ("ray/b.yaml", "b: 1\n")]


def test_a_missing_tree_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="rendered/prod: no such directory; render the environment first"):
        read_tree(tmp_path / "rendered/prod")


def test_a_file_that_is_not_text_is_named(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_bytes(b"a: \xff\n")
    with pytest.raises(UserError, match=r"a\.yaml: not UTF-8 text at byte 3"):
        read_tree(tmp_path)


def test_a_revision_is_read_as_it_was(repo: Path) -> None:
    assert read_revision(repo, "first", "rendered/prod") == {"ray/a.yaml": "a: 1\n", "ray/empty.yaml": ""}


def test_a_branch_is_read_byte_for_byte_and_without_links(repo: Path) -> None:
    write(repo, "rendered/prod/ray/a.yaml", "not committed\n")
    assert read_revision(repo, "main", "rendered/prod") == {"ray/a.yaml": "a: ü\r\n", "ray/empty.yaml": ""}


def test_a_prefix_that_the_revision_does_not_have_is_empty(repo: Path) -> None:
    assert read_revision(repo, "first", "rendered/staging") == {}


@pytest.mark.parametrize("revision", ["frist", "--all", "first:rendered", ""])
def test_an_unknown_revision_is_an_error_with_a_remedy(repo: Path, revision: str) -> None:
    with pytest.raises(UserError) as caught:
        read_revision(repo, revision, "rendered/prod")
    assert str(caught.value) == (
        f"revision {revision!r}: unknown to git; name a commit, branch or tag of {repo} "
        "(a shallow clone has to fetch it first)"
    )


def test_a_directory_without_git_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="revision 'main': fatal: not a git repository"):
        read_revision(tmp_path, "main", "rendered/prod")
