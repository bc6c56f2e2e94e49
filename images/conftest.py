"""Keeps account of the rendered commands that tests ran, and fails a whole run that left one out."""

import os
import tempfile
from pathlib import Path

import pytest

import rendered


def pytest_configure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput") and rendered.LEDGER not in os.environ:
        os.environ[rendered.LEDGER] = tempfile.mkdtemp(prefix="rendered-entries-")


def pytest_sessionfinish(session: pytest.Session) -> None:
    config = session.config
    partial = config.args_source is not pytest.Config.ArgsSource.TESTPATHS
    if hasattr(config, "workerinput") or partial or config.option.keyword or config.option.collectonly:
        return
    left = rendered.missing(Path(os.environ[rendered.LEDGER]))
    if left and session.exitstatus == pytest.ExitCode.OK:
        print("\nrendered commands that no test ran:", *left, sep="\n  ")
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
