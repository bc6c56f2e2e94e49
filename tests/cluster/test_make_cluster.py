"""make cluster: a control plane that stays, and ends as a whole."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from charts_src import ROOT
from tools.cluster.__main__ import STATE
from tools.cluster.operators import OPERATORS
from tools.cluster.tree import WEBHOOKS, tree
from tools.cluster.waiting import eventually


def cluster(what: str, env: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "tools.cluster", what, env]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=400, check=False)


STARTED = 30
"""Seconds in which a plane has to be there, with its nodes."""


@pytest.fixture(scope="module")
def up() -> Iterator[subprocess.CompletedProcess[str]]:
    if processes():
        pytest.fail("dev is up; run make cluster-down ENV=dev")
    yield cluster("up", "dev")
    cluster("down", "dev")


def processes(env: str = "dev") -> list[int]:
    """Find what runs in the folder of a plane."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            command = (folder / "cmdline").read_bytes().decode(errors="replace")
        except OSError:
            continue
        if str(STATE / env / "plane") in command:
            found.append(int(folder.name))
    return found


def test_up_says_how_to_look_around(up: subprocess.CompletedProcess[str]) -> None:
    assert (up.returncode, up.stderr) == (0, "")
    line = up.stdout.splitlines()[0]
    assert line == f"export KUBECONFIG={STATE / 'dev' / 'kubeconfig'}"
    assert (STATE / "dev" / "kubeconfig").stat().st_mode & 0o077 == 0


@pytest.mark.usefixtures("up")
def test_a_second_up_says_that_it_is_up_already() -> None:
    again = cluster("up", "dev")
    assert again.returncode == 0
    assert again.stdout.startswith("dev is up already")


def test_up_says_that_all_is_applied_and_which_operators_run(up: subprocess.CompletedProcess[str]) -> None:
    applied, _, run = up.stdout.splitlines()[-1].partition("; ")
    objects = sum(len(wave.objects) for wave in tree("dev"))
    webhooks = sum(body["kind"] in WEBHOOKS for wave in tree("dev") for body in wave.objects)
    assert applied == f"{objects - webhooks} objects are applied"
    assert run == f"{', '.join(operator.deployment for operator in OPERATORS)} run"


@pytest.mark.usefixtures("up")
def test_a_second_environment_starts_beside_the_first_and_goes_alone() -> None:
    start = time.monotonic()
    command = [sys.executable, "-m", "tools.cluster", "up", "staging"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as second:
        assert second.stdout is not None
        assert second.stdout.readline() == f"export KUBECONFIG={STATE / 'staging' / 'kubeconfig'}\n"
        assert time.monotonic() - start < STARTED
        assert len(processes("staging")) >= 5
        assert cluster("down", "staging").stdout == "staging is down\n"
        assert second.wait(30) == 2
    assert processes("staging") == []
    assert len(processes()) >= 6


@pytest.mark.usefixtures("up")
def test_all_processes_end_when_the_one_that_keeps_them_is_killed() -> None:
    assert len(processes()) >= 6
    os.kill(int((STATE / "dev" / "pid").read_text()), signal.SIGKILL)
    eventually(lambda: not processes(), 20, lambda: f"still there: {processes()}")
    assert cluster("down", "dev").stdout == "dev is not up\n"


def test_an_environment_that_does_not_exist_is_refused_in_one_line() -> None:
    refused = cluster("up", "nowhere")
    assert refused.returncode == 2
    assert refused.stderr == "ENV=nowhere: no such environment; there is no environments/nowhere.yaml\n"
