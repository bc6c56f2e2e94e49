"""The parts that need no other process: shards, packing, order of samples, learning rate, command line."""

import json
import math
import socket
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from genai.errors import InputError
from llama2 import node, training
from llama2.architectures import architecture, rows
from llama2.arguments import Settings, check, parse
from llama2.dataset import Dataset
from llama2.documents import documents
from llama2.prepare import pack, shards
from llama2.schedule import rate

NODE = ["--device", "cpu", "--processes", "1"]
TRAINING = [
    *("--model", "llama2-tiny", "--tokenizer", "t", "--dataset", "d", "--run", "r"),
    *("--sequence-length", "64", "--global-batch", "8", "--tensor-parallel", "1"),
    *("--steps", "10", "--checkpoint-every", "5"),
]


def test_samples_are_packed_one_after_the_other_and_the_rest_is_dropped() -> None:
    packed = pack([[1, 2, 3], [4], [5, 6, 7, 8]], 3, "<u2")
    assert packed.tolist() == [[1, 2, 3], [4, 5, 6]]
    assert pack([[1, 2]], 3, "<u2").shape == (0, 3)


def test_shards_only_depend_on_the_texts_and_every_50th_is_held_back() -> None:
    texts = [f"{number:010d}" for number in range(120)]
    found = list(shards(texts, 250))
    assert [len(shard.train) + len(shard.held_back) for shard in found] == [25, 25, 25, 25, 20]
    assert sorted(chain(*(shard.held_back for shard in found))) == [texts[0], texts[50], texts[100]]
    assert found == list(shards(iter(texts), 250))


def test_a_line_that_is_no_json_is_named_with_its_number(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text('{"text": "good"}\n{"words": 1}\n')
    with pytest.raises(InputError, match=r"a\.jsonl:2: no JSON object with a field text; repair it"):
        list(documents(tmp_path))


def test_plain_text_is_read_only_where_there_is_nothing_else(tmp_path: Path) -> None:
    (tmp_path / "LICENSE.txt").write_text("words of lawyers")
    assert list(documents(tmp_path)) == ["words of lawyers"]
    (tmp_path / "a.jsonl").write_text('{"text": "good"}\n')
    assert list(documents(tmp_path)) == ["good"]


def made_dataset(folder: Path, samples: int) -> Dataset:
    """Write samples that are their own number, in two shards."""
    numbers = np.repeat(np.arange(samples, dtype="<u2")[:, None], 5, axis=1)
    (folder / "train-00000.bin").write_bytes(numbers[:7].tobytes())
    (folder / "train-00001.bin").write_bytes(numbers[7:].tobytes())
    return Dataset({"sequence_length": 4, "type": "<u2", "vocabulary": 9}, folder)


def numbers_of(data: Dataset, step: int, copies: int) -> list[int]:
    found = chain(*(data.batches(step, 4, copy, copies) for copy in range(copies)))
    return sorted(int(batch[0, 0]) for batch in found)


def test_a_step_has_the_same_samples_for_any_number_of_copies(tmp_path: Path) -> None:
    data = made_dataset(tmp_path, 20)
    for step in range(12):
        assert numbers_of(data, step, 1) == numbers_of(data, step, 2) == numbers_of(data, step, 4)


def test_every_sample_comes_once_in_an_epoch_and_each_epoch_has_its_own_order(tmp_path: Path) -> None:
    data = made_dataset(tmp_path, 20)
    epochs = [
        [int(batch[0, 0]) for step in range(first, first + 5) for batch in data.batches(step, 4, 0, 1)]
        for first in (0, 5)
    ]
    assert sorted(epochs[0]) == sorted(epochs[1]) == list(range(20))
    assert epochs[0] != epochs[1] != list(range(20))


def test_the_learning_rate_warms_up_and_falls_to_a_tenth() -> None:
    rates = [rate(step, 100, 3e-4) for step in range(100)]
    assert rates[0] == pytest.approx(3e-5)
    assert rates[9] == max(rates) == pytest.approx(3e-4)
    assert rates[99] == min(rates[10:]) == pytest.approx(3e-5)
    assert rates[10:] == sorted(rates[10:], reverse=True)
    assert rate(1999, 10**6, 1.0) == 1.0
    assert rate(0, 1, 1.0) == 1.0


def test_the_embedding_is_filled_up_so_that_groups_can_share_it() -> None:
    assert [rows(258), rows(384), rows(32_000)] == [384, 384, 32_000]


def test_llama2_7b_has_the_published_number_of_weights() -> None:
    size = architecture("llama2-7b")
    layer = 4 * size.hidden**2 + 3 * size.hidden * size.intermediate + 2 * size.hidden
    assert size.layers * layer + 2 * rows(32_000) * size.hidden + size.hidden == 6_738_415_616


def settings(**changed: object) -> Settings:
    return parse(["train", *NODE, *TRAINING])._replace(**changed)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["train", *NODE], "the following arguments are required: --model"),
        (["train", *NODE, *TRAINING, "--speed", "1"], "unrecognized arguments: --speed 1"),
        (["dance", *NODE], "invalid choice: 'dance'"),
        (["check-network", "--device", "tpu", "--processes", "1"], "invalid choice: 'tpu'"),
        (["check-network", "--device", "cpu", "--processes", "0"], "--processes: 0 is below 1"),
    ],
)
def test_a_wrong_command_line_is_answered_with_one_line(words: list[str], message: str) -> None:
    with pytest.raises(InputError) as error:
        parse(words)
    assert message in str(error.value)
    assert "--help" in str(error.value)


def test_what_processes_can_not_share_is_refused_with_the_remedy() -> None:
    check(settings(processes=8, tensor_parallel=4, global_batch=8), nodes=4)
    with pytest.raises(InputError, match="does not divide the 8 processes of a node; write a divisor of 8"):
        check(settings(processes=8, tensor_parallel=3), nodes=1)
    with pytest.raises(InputError, match="shared evenly by 32 copies of the model; write a multiple of 32"):
        check(settings(processes=8, global_batch=8), nodes=4)


def test_an_unknown_model_is_refused_with_the_known_ones() -> None:
    with pytest.raises(InputError, match="llama3: unknown; write one of llama2-7b, llama2-tiny"):
        architecture("llama3")


def test_only_a_name_of_this_host_can_be_the_first(monkeypatch: pytest.MonkeyPatch) -> None:
    node.check_first("127.0.0.1")
    monkeypatch.setattr(
        socket, "getaddrinfo", lambda *_, **__: [(socket.AF_INET, 1, 6, "", ("192.0.2.1", 0))]
    )
    with pytest.raises(InputError, match=r"which is not this host .* name the first host of MPI's hostfile"):
        node.check_first("somewhere")


def test_neuron_graphs_are_compiled_by_running_the_training_under_the_compiler(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    compiling = settings(task="precompile", device="neuron", processes=32)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(InputError, match="use the image llama2-train-neuron"):
        node.torchrun(compiling, 1, 4, "w-0")
    (tmp_path / "neuron_parallel_compile").write_text("#!/bin/sh\n")
    (tmp_path / "neuron_parallel_compile").chmod(0o755)
    command = node.torchrun(compiling, 1, 4, "w-0")
    assert command[0] == str(tmp_path / "neuron_parallel_compile")
    assert command[2:] == [
        *("-m", "torch.distributed.run", "--max-restarts", "0", "--nnodes", "4", "--node-rank", "1"),
        *("--master-addr", "w-0", "--master-port", "29400", "--nproc-per-node", "32", "-m", "llama2.worker"),
    ]


def test_processes_get_their_order_and_share_the_cpus_of_the_pod(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(node, "_QUOTA", tmp_path / "cpu.max")
    monkeypatch.setattr("os.sched_getaffinity", lambda _: set(range(64)))
    (tmp_path / "cpu.max").write_text("800000 100000\n")
    found = node.environment(settings(processes=4), ["train", "--run", "r"], {"HOME": "/tmp"})  # noqa: S108
    assert found["OMP_NUM_THREADS"] == "2"
    assert json.loads(found["LLAMA2_ORDER"]) == ["train", "--run", "r"]
    (tmp_path / "cpu.max").write_text("max 100000\n")
    assert node.environment(settings(processes=4), [], {})["OMP_NUM_THREADS"] == "16"


class Lone:
    """A process alone whose model gives the losses that it is told."""

    rank, world, copies, copy, layout = 0, 1, 1, 0, "none"

    def __init__(self, losses: list[float], exchange: tuple[float, bool] = (1e-3, True)) -> None:
        self.losses, self.saved, self.result = losses, 0, exchange
        self.rates: list[float] = []

    def build(self, size: Any, vocabulary: int) -> None:
        """Have nothing to build."""

    def accumulate(self, samples: Any, share: float) -> float:
        assert samples.shape == (1, 5)
        assert share == 1 / 4
        return self.losses[len(self.rates)]

    def update(self, rate: float) -> None:
        self.rates.append(rate)

    def total(self, value: float) -> float:
        return value

    def save(self, folder: Path) -> None:  # noqa: ARG002
        self.saved += 1

    def exchange(self, size: int) -> tuple[float, bool]:  # noqa: ARG002
        return self.result


def small_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    data = made_dataset(tmp_path, 20)
    monkeypatch.setattr(training, "open_dataset", lambda _: data)
    monkeypatch.setattr(training, "PORT", None)
    return settings(run=tmp_path / "run", sequence_length=4, global_batch=4, steps=4, checkpoint_every=2)


def test_a_loss_that_is_no_number_ends_the_training_before_the_weights_learn_from_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lone: Any = Lone([3.0, 2.0, math.nan, 1.0])
    with pytest.raises(
        training.BrokenError, match="the loss of step 3 is nan: start again with a lower rate"
    ):
        training.train(small_run(tmp_path, monkeypatch), lone)
    assert len(lone.rates) == 2
    assert [path.name for path in (tmp_path / "run/checkpoints").iterdir()] == ["step-0000000002"]


def test_a_run_can_not_go_on_with_another_batch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    begun = small_run(tmp_path, monkeypatch)
    lone: Any = Lone([3.0, 2.0, 1.5, 1.0])
    training.train(begun, lone)
    assert lone.saved == 2
    with pytest.raises(
        InputError, match=r"--global-batch 8: .* was begun with 4; write that, or name another"
    ):
        training.train(begun._replace(global_batch=8), lone)


def test_a_network_that_is_slow_or_wrong_is_told() -> None:
    checked = parse(["check-network", "--device", "gpu", "--processes", "1"])
    slow: Any = Lone([], (2.0, True))
    slow.world = 2
    with pytest.raises(
        training.BrokenError, match=r"slow: 0\.13 Gbit/s over 2 processes, and at least 40\.0"
    ):
        training.check_network(checked, slow)
    wrong: Any = Lone([], (1e-4, False))
    with pytest.raises(training.BrokenError, match="an all-reduce gives a wrong sum"):
        training.check_network(checked, wrong)
