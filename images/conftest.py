"""What tests of images share, and the account of the rendered commands that they ran."""

import os
import socket
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import local_s3
import rendered


@pytest.fixture
def free_port() -> int:
    """Give a port of the loopback address on which nothing listens."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
    return port


@pytest.fixture
def s3(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Give a client of an S3 on this machine with the buckets data, models and artifacts.

    Programs that are started meanwhile find it through their environment.
    """
    with local_s3.served("data", "models", "artifacts") as variables:
        for name, value in variables.items():
            monkeypatch.setenv(name, value)
        yield local_s3.client(variables)


def pytest_configure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput") and rendered.LEDGER not in os.environ:
        os.environ[rendered.LEDGER] = tempfile.mkdtemp(prefix="rendered-entries-")


def pytest_sessionfinish(session: pytest.Session) -> None:
    config = session.config
    whole = [Path(each).resolve() for each in config.args] == [Path(__file__).parent]
    if hasattr(config, "workerinput") or not whole or config.option.keyword or config.option.collectonly:
        return
    left = rendered.missing(Path(os.environ[rendered.LEDGER]))
    if left and session.exitstatus == pytest.ExitCode.OK:
        print("\nrendered commands that no test ran:", *left, sep="\n  ")
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
