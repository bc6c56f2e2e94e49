"""The steps that are no gangs, through their rendered commands."""

import json
import os
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest

import local_s3
import rendered
from genai import checkpoints
from texts import build_tokenizer, corpus

Step = Callable[..., "subprocess.CompletedProcess[str]"]
MANY = ["--shard-characters", "3000"]


def test_the_tokenizer_comes_from_a_bucket_once(tmp_path: Path, step: Step) -> None:
    with local_s3.served("models") as s3:
        client = local_s3.client(s3)
        for path in build_tokenizer(tmp_path / "built").iterdir():
            client.upload_file(str(path), "models", f"llama/{path.name}")
        flags = {"--source": "s3://models/llama"}
        first = step("download-tokenizer", tmp_path, flags, **s3)
        assert first.returncode == 0, first.stderr
        client.delete_object(Bucket="models", Key="llama/tokenizer.json")
        again = step("download-tokenizer", tmp_path, flags, **s3)
    assert again.stdout == first.stdout
    folder = tmp_path / "data/llama2/tokenizer"
    assert (folder / "tokenizer.json").read_bytes() == (tmp_path / "built/tokenizer.json").read_bytes()


def test_a_source_without_a_tokenizer_is_refused_in_one_line(tmp_path: Path, step: Step) -> None:
    done = step("download-tokenizer", tmp_path, {"--source": str(tmp_path)})
    assert done.returncode == 2
    assert done.stderr.splitlines()[-1] == (
        f"error: {tmp_path}: has no tokenizer; run llama2.download first, or name its folder"
    )
    assert "Traceback" not in done.stderr


def prepare(fsx: Path, text: Path, sources: str) -> "subprocess.Popen[bytes]":
    """Start the rendered step with small shards."""
    entry = rendered.entry("dev", "llama2-pretraining/prepare-dataset/main")
    places = {"/fsx": str(fsx), "{{workflow.parameters.sequence-length}}": "64"}
    words = [*entry.command(places, {"--dataset": str(text)}), *MANY]
    environment = entry.environ(places, {"PYTHONPATH": sources, "HF_HUB_OFFLINE": "1"})
    return subprocess.Popen(words, env=environment, stdout=subprocess.DEVNULL)


def test_a_preparation_that_was_killed_goes_on_and_gives_the_same_bytes(
    tmp_path: Path, sources: str, step: Step
) -> None:
    text = corpus(tmp_path / "text", texts=3000)
    found = {}
    for name in ("whole", "broken"):
        build_tokenizer(tmp_path / name / "data/llama2/tokenizer")
        folder = tmp_path / name / "data/llama2/dataset-64"
        process = prepare(tmp_path / name, text, sources)
        if name == "broken":
            deadline = time.monotonic() + 60
            while len(list(folder.glob("train-*.bin"))) < 5 and time.monotonic() < deadline:
                time.sleep(0.002)
            os.kill(process.pid, signal.SIGKILL)
            assert process.wait() == -signal.SIGKILL
            assert not (folder / "dataset.json").exists()
            kept = folder / "train-00000.bin"
            written = kept.stat().st_mtime_ns
            process = prepare(tmp_path / name, text, sources)
        assert process.wait(120) == 0
        found[name] = {path.name: path.read_bytes() for path in folder.iterdir()}
    assert kept.stat().st_mtime_ns == written
    assert len([name for name in found["whole"] if name.startswith("train-")]) > 20
    assert found["broken"] == found["whole"]
    other = step("prepare-dataset", tmp_path / "whole", {"--dataset": "./elsewhere"})
    assert other.returncode == 2
    assert "holds a data set of another source; remove it or name another folder" in other.stderr


def test_old_checkpoints_are_pruned_in_every_run_and_broken_newer_ones_are_left(
    tmp_path: Path, step: Step
) -> None:
    for run in ("one", "two"):
        root = tmp_path / f"data/llama2/runs/{run}/checkpoints"
        for number in range(1, 7):
            (checkpoints.stage(root, number) / "weights").write_text(f"{run} {number}")
            checkpoints.seal(root, number)
    torn = tmp_path / "data/llama2/runs/two/checkpoints/step-0000000006/weights"
    torn.write_text("two")
    done = step("llama2-prune-checkpoints/prune/main", tmp_path, {"--keep": "3"})
    assert done.returncode == 0, done.stderr
    left = {
        run: [each.step for each in checkpoints.all_of(tmp_path / f"data/llama2/runs/{run}/checkpoints")]
        for run in ("one", "two")
    }
    assert left == {"one": [6, 5, 4], "two": [6, 5, 4, 3]}


def test_a_run_without_a_checkpoint_can_not_be_exported(fsx: Path, step: Step) -> None:
    done = step("export", fsx)
    assert done.returncode == 2
    assert done.stderr.endswith("runs/tiny: has no good checkpoint; train first\n")


@pytest.mark.parametrize(("age_minutes", "alive"), [(None, True), (0, True), (31, False)], ids=str)
def test_a_worker_lives_as_long_as_its_heartbeat_is_fresh(
    age_minutes: int | None, alive: bool, tmp_path: Path
) -> None:
    heartbeat = tmp_path / "heartbeat"
    if age_minutes is not None:
        heartbeat.touch()
        then = time.time() - age_minutes * 60
        os.utime(heartbeat, (then, then))
    probe = rendered.entry("prod", "llama2-pretraining/start-train/Worker/worker/livenessProbe")
    done = probe.run({"/tmp/heartbeat": str(heartbeat)})  # noqa: S108
    assert (done.returncode == 0) is alive


def test_a_run_says_what_it_is(fsx: Path) -> None:
    described = json.loads((fsx / "data/llama2/dataset-64/dataset.json").read_text())
    assert described["vocabulary"] == 258
    assert described["type"] == "<u2"
    assert described["samples"]["train"] > 1000 > described["samples"]["held-back"] > 10
