"""A data set and a tokenizer, made through the rendered commands."""

import os
import subprocess  # noqa: TC003
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import rendered
from texts import build_tokenizer, corpus

IMAGES = Path(__file__).parents[2]
Step = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture(scope="session")
def sources() -> str:
    """Give the PYTHONPATH of the image's packages."""
    return os.pathsep.join(str(IMAGES / name / "src") for name in ("llama2", "genai"))


@pytest.fixture(scope="session")
def step(sources: str) -> Step:
    """Give what runs a step of the workflow that is no gang, with another /fsx."""

    def run(name: str, fsx: Path, flags: dict[str, str] | None = None, **more: str) -> object:
        home = {"PYTHONPATH": sources, "HF_HUB_OFFLINE": "1", "HF_HOME": str(fsx / "cache"), "HOME": str(fsx)}
        places = {
            "/fsx": str(fsx),
            "{{workflow.parameters.sequence-length}}": "64",
            "{{workflow.parameters.run}}": "tiny",
        }
        entry = rendered.entry("dev", name if "/" in name else f"llama2-pretraining/{name}/main")
        return entry.run(places, flags, {**home, **more}, timeout=120)

    return run  # type: ignore[return-value]


@pytest.fixture(scope="session")
def place() -> Iterator[Path]:
    """Give a folder that other users can enter; pytest's own can't be."""
    with tempfile.TemporaryDirectory(prefix="llama2-") as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)


@pytest.fixture(scope="session")
def fsx(place: Path, step: Step) -> Path:
    """Give a shared file system with a tokenizer and samples of 64 tokens."""
    root = place / "fsx"
    root.mkdir()
    text, tokenizer = corpus(root / "text"), build_tokenizer(root / "built")
    for done in (
        step("download-tokenizer", root, {"--source": str(tokenizer)}),
        step("prepare-dataset", root, {"--dataset": str(text)}),
    ):
        assert done.returncode == 0, done.stdout + done.stderr
    return root
