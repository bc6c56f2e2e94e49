"""The Git host of the proof of Argo CD: it serves its one name, with commits as they come."""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tools.cluster.git_host import GitHost, Repository, git_host

URL = "https://git.example.com/platform/things.git"


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    (tmp_path / "tree" / "one").mkdir(parents=True)
    (tmp_path / "tree" / "one" / "file").write_text("first")
    (tmp_path / "tree" / "other").mkdir()
    return Repository(tmp_path, URL, "main", tmp_path / "tree", ["one"])


@pytest.fixture
def host(repository: Repository, tmp_path: Path) -> Iterator[GitHost]:
    with git_host(tmp_path, "git.example.com", repository.root) as found:
        yield found


def git(host: GitHost, *arguments: str) -> subprocess.CompletedProcess[str]:
    environ = {
        "PATH": os.environ["PATH"],
        "HTTPS_PROXY": host.proxy,
        "GIT_SSL_CAINFO": str(host.certificate),
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_TERMINAL_PROMPT": "0",
    }
    return subprocess.run(
        ["git", *arguments], env=environ, capture_output=True, text=True, check=False, timeout=60
    )


def test_a_clone_has_what_is_committed(host: GitHost, repository: Repository, tmp_path: Path) -> None:
    assert git(host, "clone", URL, str(tmp_path / "clone")).returncode == 0
    assert (tmp_path / "clone" / "one" / "file").read_text() == "first"
    assert not (tmp_path / "clone" / "other").exists()
    (repository.work / "one" / "file").write_text("second")
    revision = repository.commit()
    assert git(host, "ls-remote", URL, "main").stdout.split()[0] == revision
    assert git(host, "-C", str(tmp_path / "clone"), "pull").returncode == 0
    assert (tmp_path / "clone" / "one" / "file").read_text() == "second"


def test_another_name_is_refused(host: GitHost) -> None:
    refused = git(host, "ls-remote", URL.replace("git.example.com", "git.example.org"))
    assert refused.returncode != 0
    assert "403" in refused.stderr


def test_a_repository_that_is_not_there_is_not_found(host: GitHost) -> None:
    refused = git(host, "ls-remote", URL.replace("things", "others"))
    assert refused.returncode != 0
    assert "not found" in refused.stderr
