"""TensorBoard, started as the rendered manifest says, over the curves that training writes."""

import json
import socket
import subprocess
import time
import urllib.request
from pathlib import Path
from typing import Any

import rendered
from genai.progress import Progress

PATIENCE_SECONDS = 120


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def answer(url: str) -> Any:
    """Ask for JSON; the server may still be starting."""
    end = time.monotonic() + PATIENCE_SECONDS
    while True:
        try:
            with urllib.request.urlopen(url, timeout=30) as reply:  # noqa: S310
                return json.load(reply)
        except OSError:
            assert time.monotonic() < end, f"{url} does not answer"
            time.sleep(0.2)


def test_the_rendered_command_shows_the_curves_of_a_run(tmp_path: Path) -> None:
    progress = Progress(tmp_path / "runs" / "first")
    for step in range(3):
        progress.step(step, 2.0 - step / 2, 1024)
    entry, port = rendered.entry("prod", "tensorboard/tensorboard"), free_port()
    places = {"/fsx/data/llama2/runs": str(tmp_path / "runs"), "0.0.0.0": "127.0.0.1"}  # noqa: S104
    process = subprocess.Popen(
        entry.command(places, {"--port": str(port)}),
        env=entry.environ({"/tmp": str(tmp_path)}),  # noqa: S108
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        root = f"http://127.0.0.1:{port}"
        end = time.monotonic() + PATIENCE_SECONDS
        while "first" not in (tags := answer(f"{root}/data/plugin/scalars/tags")):
            assert time.monotonic() < end, "the run is not listed"
            time.sleep(0.2)
        assert set(tags["first"]) == {"loss/train", "throughput/tokens_per_second"}
        points = answer(f"{root}/data/plugin/scalars/scalars?run=first&tag=loss%2Ftrain")
        assert [(step, value) for _, step, value in points] == [(0, 2.0), (1, 1.5), (2, 1.0)]
        with urllib.request.urlopen(root, timeout=30) as page:  # what the probes ask
            assert page.status == 200
        entry.ran()
    finally:
        process.terminate()
        process.wait(30)
