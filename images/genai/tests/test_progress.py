"""Signs of progress: the metrics that the platform's alerts ask for, the heartbeat, and curves."""

import os
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from charts_src.lib import training_metrics as contract
from genai import progress


def test_the_metrics_are_those_of_the_alerts() -> None:
    ours = (
        progress.PORT,
        progress.STEP,
        progress.LOSS,
        progress.TOKENS_PER_SECOND,
        progress.CHECKPOINT,
        progress.HEARTBEAT,
    )
    theirs = (
        contract.PORT,
        contract.STEP,
        contract.LOSS,
        contract.TOKENS_PER_SECOND,
        contract.CHECKPOINT,
        contract.HEARTBEAT,
    )
    assert ours == theirs


def test_a_step_is_seen_by_prometheus_by_the_kubelet_and_in_tensorboard(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, free_port: int
) -> None:
    heartbeat = tmp_path / "heartbeat"
    monkeypatch.setenv("HEARTBEAT_FILE", str(heartbeat))
    signs = progress.Progress(tmp_path / "curves", free_port)
    assert heartbeat.exists()
    os.utime(heartbeat, (0, 0))
    signs.step(7, 2.5, tokens=4096)
    assert heartbeat.stat().st_mtime > 0
    page = urllib.request.urlopen(f"http://127.0.0.1:{free_port}/metrics").read().decode()
    values = dict(line.split() for line in page.splitlines() if not line.startswith("#"))
    assert (float(values[progress.STEP]), float(values[progress.LOSS])) == (7, 2.5)
    assert float(values[progress.TOKENS_PER_SECOND]) > 0
    events = EventAccumulator(str(tmp_path / "curves"))
    events.Reload()
    assert [(each.step, each.value) for each in events.Scalars("loss/train")] == [(7, 2.5)]


def test_wrong_input_ends_a_program_with_one_line_and_exit_code_2() -> None:
    program = (
        "from genai.errors import InputError, run\n"
        "def main():\n    raise InputError('--steps: 0 is too few; write 1 or more')\n"
        "run(main)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
    )
    assert (done.returncode, done.stderr) == (2, "error: --steps: 0 is too few; write 1 or more\n")
