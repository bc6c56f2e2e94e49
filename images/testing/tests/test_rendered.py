"""The list of rendered commands, and that one is missed when no test ran it."""

from pathlib import Path

import pytest

import rendered


def test_every_environment_has_commands_of_our_images() -> None:
    for environment in rendered.environments():
        found = rendered.entries(environment)
        assert {"tensorboard", "llama2-train-cpu", "spark"} <= {each.image for each in found}
        assert len({each.name for each in found}) == len(found)


def test_a_command_takes_other_places_and_values_and_refuses_flags_that_it_has_not() -> None:
    download = rendered.entry("dev", "llama2-pretraining/download-tokenizer/main")
    assert download.command({"/fsx": "/elsewhere"}, {"--source": "./tokenizer"}) == [
        "python",
        "-m",
        "llama2.download",
        "--source",
        "./tokenizer",
        "--output",
        "/elsewhere/data/llama2/tokenizer",
    ]
    with pytest.raises(KeyError, match="--speed"):
        download.command({}, {"--speed": "1"})


def test_a_shape_has_the_flags_of_a_command_without_their_values() -> None:
    words = (
        "mpirun",
        "-np",
        "4",
        "-x",
        "HOME",
        "python",
        "-m",
        "llama2.node",
        "--steps",
        "3",
        "--resume=auto",
    )
    each = rendered.Entry("", "", "", words, {})
    assert each.shape == "mpirun -np ... python -m llama2.node --steps ... --resume"


def test_what_no_test_ran_is_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(rendered.LEDGER, str(tmp_path))
    board = rendered.entry("prod", "tensorboard/tensorboard")
    before = rendered.missing(tmp_path)
    assert any("tensorboard/tensorboard" in line for line in before)
    board.ran()
    after = rendered.missing(tmp_path)
    assert len(after) == len(before) - 1
    assert not any("tensorboard/tensorboard" in line for line in after)


def test_two_commands_of_one_name_are_both_noted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(rendered.LEDGER, str(tmp_path))
    for environment in ("dev", "prod"):
        rendered.entry(environment, "hub/idle-culler").ran()
    assert not any("idle-culler" in line for line in rendered.missing(tmp_path))
