"""Checkpoints: what is trusted after an interruption, and what a clean-up leaves."""

import logging
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from genai import checkpoints


def written(root: Path, step: int) -> checkpoints.Checkpoint:
    folder = checkpoints.stage(root, step)
    (folder / "model.bin").write_bytes(bytes([step % 256]) * 1000)
    (folder / "optimiser").mkdir()
    (folder / "optimiser" / "rank-0.bin").write_bytes(b"state" * 10)
    return checkpoints.seal(root, step)


def test_the_newest_checkpoint_is_found_among_several(tmp_path: Path) -> None:
    for step in (100, 20, 3):
        written(tmp_path, step)
    found = checkpoints.newest_good(tmp_path)
    assert found == checkpoints.Checkpoint(100, tmp_path / "step-0000000100")
    assert (found.folder / "model.bin").read_bytes() == b"d" * 1000


def test_without_checkpoints_there_is_none(tmp_path: Path) -> None:
    assert checkpoints.newest_good(tmp_path / "nothing") is None


@pytest.mark.parametrize("harm", ["shortened", "changed", "removed", "no list"])
def test_a_torn_checkpoint_is_skipped_with_a_warning(
    harm: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    written(tmp_path, 1)
    torn = written(tmp_path, 2).folder
    model = torn / "model.bin"
    match harm:
        case "shortened":
            model.write_bytes(model.read_bytes()[:-1])
        case "changed":
            model.write_bytes(b"x" + model.read_bytes()[1:])
        case "removed":
            model.unlink()
        case "no list":
            (torn / checkpoints.LIST).unlink()
    with caplog.at_level(logging.WARNING):
        found = checkpoints.newest_good(tmp_path)
    assert found
    assert found.step == 1
    assert f"checkpoint {torn} is passed over" in caplog.text


def test_a_process_killed_while_it_writes_leaves_the_older_checkpoint(tmp_path: Path) -> None:
    written(tmp_path, 1)
    program = (
        "import sys, time, pathlib; from genai import checkpoints\n"
        "folder = checkpoints.stage(pathlib.Path(sys.argv[1]), 2)\n"
        "(folder / 'model.bin').write_bytes(b'half'); print('wrote', flush=True); time.sleep(60)\n"
    )
    path = os.pathsep.join(sys.path)
    process = subprocess.Popen(
        [sys.executable, "-c", program, str(tmp_path)],
        stdout=subprocess.PIPE,
        env=os.environ | {"PYTHONPATH": path},
    )
    assert process.stdout
    assert process.stdout.readline() == b"wrote\n"
    process.send_signal(signal.SIGKILL)
    process.wait()
    found = checkpoints.newest_good(tmp_path)
    assert found
    assert found.step == 1
    written(tmp_path, 2)
    again = checkpoints.newest_good(tmp_path)
    assert again
    assert again.step == 2


def test_a_clean_up_keeps_the_newest_good_ones_and_what_may_still_be_written(tmp_path: Path) -> None:
    for step in (1, 2, 3, 4, 5):
        written(tmp_path, step)
    (tmp_path / "step-0000000004" / "model.bin").unlink()
    checkpoints.stage(tmp_path, 1)
    checkpoints.stage(tmp_path, 6)
    removed = checkpoints.prune(tmp_path, 2)
    assert sorted(path.name for path in removed) == [
        "step-0000000001",
        "step-0000000001.new",
        "step-0000000002",
    ]
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "step-0000000003",
        "step-0000000004",
        "step-0000000005",
        "step-0000000006.new",
    ]


def test_a_clean_up_removes_nothing_while_there_are_too_few_good_ones(tmp_path: Path) -> None:
    for step in (1, 2, 3):
        written(tmp_path, step)
    (tmp_path / "step-0000000003" / checkpoints.LIST).write_text("{}")
    assert checkpoints.prune(tmp_path, 3) == []
