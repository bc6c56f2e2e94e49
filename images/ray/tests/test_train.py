"""Training on Ray as the RayJobs start it: two processes on one machine, with tiny models."""

import dataclasses
import json
import os
import re
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import transformers
from PIL import Image

import local_ray
import rendered
import tiny_llm
import trainable_diffusion
from genai import ray_training
from genai.errors import InputError
from train import data, model, parameters
from train.loop import rate
from train.ray_train import prepare

IMAGES = Path(__file__).parents[2]
MODULES = [IMAGES / folder / "src" for folder in ("genai", "ray", "stable_diffusion")]
TEXT = "the quick brown fox jumps over the lazy dog "


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a folder with a model and texts."""
    folder = tmp_path_factory.mktemp("train")
    tiny_llm.save_llama(folder / "model")
    (folder / "texts").mkdir()
    rows = [json.dumps({"text": TEXT * 4}) for _ in range(40)]
    (folder / "texts" / "fox.jsonl").write_text("\n".join(rows))
    return folder


@pytest.fixture(scope="module")
def cluster() -> Iterator[dict[str, str]]:
    """Give the environment of a process on a Ray cluster, with CPUs to spare for what a killed job held."""
    with local_ray.cluster(8, MODULES, {}) as environment:
        yield environment


def configuration(place: Path, run: str, told: dict[str, Any], **changed: Any) -> Path:
    """Write the configuration that the RayJob of dev mounts, for CPUs and with other parameters."""
    rendered_map = (rendered.REPOSITORY / "rendered/dev/ray-train/configmap-train-smoke.yaml").read_text()
    content = json.loads(
        re.sub(r"^ {4}", "", rendered_map.partition("config.json: |\n")[2], flags=re.MULTILINE)
    )
    content |= {
        "run": run,
        "accelerator": "none",
        "workers": 2,
        "resources_per_worker": {},
        "cpus_per_worker": 1,
        "data": str(place),
        "cache": str(place / "cache"),
        "checkpoints": str(place / "checkpoints" / run),
        "metrics_port": local_ray.free_port(),
        "parameters": told,
        **changed,
    }
    path = place / f"{run}.json"
    path.write_text(json.dumps(content))
    return path


def llm(place: Path, **changed: Any) -> dict[str, Any]:
    return {
        "model": str(place / "model"),
        "data": "texts",
        "steps": 40,
        "learning_rate": 0.01,
        "batch_size": 4,
        "sequence_length": 32,
        "checkpoint_every": 5,
        **changed,
    }


def scraped(port: int) -> dict[str, float]:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=5) as answer:
            lines = answer.read().decode().splitlines()
    except OSError:
        return {}
    return {line.split()[0]: float(line.split()[1]) for line in lines if line.startswith("train_")}


def test_a_killed_worker_costs_the_steps_since_the_last_checkpoint_and_the_loss_falls(
    place: Path, cluster: dict[str, str]
) -> None:
    entry = rendered.entry("dev", "train-smoke/entrypoint")
    told = llm(place, steps=2000, output=str(place / "uploaded"))
    config = configuration(place, "fox", told)
    port = json.loads(config.read_text())["metrics_port"]
    command = entry.command({"/etc/ray-train/config.json": str(config)})
    root = place / "checkpoints" / "fox"
    log = (place / "fox.log").open("w+")
    job = subprocess.Popen(command, env=cluster, stdout=log, stderr=subprocess.STDOUT)
    try:
        metrics = wait(job, lambda: scraped(port) if list(root.glob("step-*[0-9]")) else None)
        assert metrics["train_heartbeat_timestamp_seconds"] > time.time() - 60
        local_ray.workers(cluster)[0].send_signal(signal.SIGKILL)
        wait(job, lambda: "goes on after step" in Path(log.name).read_text())
        before = int(re.findall(r"goes on after step (\d+)", Path(log.name).read_text())[-1])
        wait(job, lambda: scraped(port).get("train_step", 0) > before + 2)
    finally:
        job.send_signal(signal.SIGKILL)
        job.wait()
    log.close()

    # The job starts anew, as with backoffLimit, and has less left to do.
    done = newest(root)
    config = configuration(place, "fox", told | {"steps": done + 7})
    finished = subprocess.run(
        entry.command({"/etc/ray-train/config.json": str(config)}),
        env=cluster,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    output = finished.stdout + finished.stderr
    assert finished.returncode == 0, output
    entry.ran()
    assert f"goes on after step {done}" in output
    assert newest(root) == done + 7
    untrained, trained = (loss(folder) for folder in (place / "model", place / "uploaded"))
    assert trained < untrained - 0.2  # LoRA weights beside random, frozen ones learn no more than that


def wait(job: "subprocess.Popen[bytes]", ask: Any, seconds: float = 300) -> Any:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        assert job.poll() is None
        if found := ask():
            return found
        time.sleep(0.2)
    raise AssertionError("it did not happen in time")


def newest(root: Path) -> int:
    return max(int(path.name[5:]) for path in root.glob("step-*[0-9]") if (path / "files.json").exists())


def loss(folder: Path) -> float:
    """Give the loss of a model on the text, read as anyone would read it."""
    found = transformers.AutoModelForCausalLM.from_pretrained(folder)
    tokens = transformers.AutoTokenizer.from_pretrained(folder)(TEXT * 2, return_tensors="pt")["input_ids"]
    with torch.no_grad():
        return float(found(input_ids=tokens, labels=tokens).loss)


def test_stable_diffusion_is_fine_tuned_as_a_rayjob(place: Path, cluster: dict[str, str]) -> None:
    trainable_diffusion.save_sdxl(place / "sdxl")
    (place / "pictures").mkdir()
    for number in range(2):
        noise = np.random.default_rng(number).integers(0, 255, (40, 32, 3), dtype=np.uint8)
        Image.fromarray(noise).save(place / "pictures" / f"{number}.png")
    told = {
        "base_model": str(place / "sdxl"),
        "pictures": str(place / "pictures"),
        "prompt": "a photo of sks dog",
        "steps": 3,
        "checkpoint_every": 1,
        "output": str(place / "lora"),
    }
    config = configuration(place, "dog", told)
    entry = rendered.entry("staging", "sdxl-smoke/entrypoint")
    done = subprocess.run(
        entry.command({"/etc/ray-train/config.json": str(config)}),
        env=cluster,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    entry.ran()
    assert "step 3 of 3: loss" in done.stdout + done.stderr
    assert sorted(path.name for path in (place / "lora").iterdir()) == [
        "base_model.json",
        "pytorch_lora_weights.safetensors",
    ]


@pytest.mark.parametrize(
    ("module", "told", "message"),
    [
        (
            "train.ray_train",
            {"model": "/m", "speed": 3},
            "error: parameters.speed: unknown; there are model, data, steps",
        ),
        (
            "stable_diffusion_finetune.ray_train",
            {"base_model": "/m", "pictures": "/p", "prompt": "dog", "steps": 1, "work": "/w"},
            "error: parameters.work: not to be chosen in a RayJob; remove it",
        ),
    ],
)
def test_wrong_input_ends_a_job_with_one_line(
    module: str, told: dict[str, Any], message: str, tmp_path: Path
) -> None:
    config = configuration(tmp_path, "wrong", told)
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(map(str, MODULES))}
    done = subprocess.run(
        [sys.executable, "-m", module, "--config", str(config)],
        env=environment,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 2
    assert done.stderr.splitlines()[-1].startswith(message)
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("told", "message"),
    [
        ({"data": "d"}, "parameters.model: missing; write a source"),
        ({"model": "m"}, "parameters.data: missing; write a source"),
        ({"model": 3, "data": "d"}, "parameters.model: 3 is no source"),
        ({"model": "m", "data": "d", "steps": 0}, "parameters.steps: 0 is no whole number from 1 on"),
        ({"model": "m", "data": "d", "steps": "ten"}, "parameters.steps: 'ten' is no number"),
        (
            {"model": "m", "data": "d", "lora_rank": -1},
            "parameters.lora_rank: -1 is no whole number from 0 on",
        ),
        (
            {"model": "m", "data": "d", "learning_rate": 3},
            "parameters.learning_rate: 3 is not between 0 and 1",
        ),
    ],
)
def test_a_parameter_that_can_t_be_used_is_named(told: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=re.escape(message)):
        parameters.read(told)


def test_the_rendered_parameters_are_ones_that_the_program_knows() -> None:
    for environment, name in (("dev", "train-smoke"),):
        path = rendered.REPOSITORY / f"rendered/{environment}/ray-train/configmap-{name}.yaml"
        text = path.read_text().partition("config.json: |\n")[2]
        told = json.loads(text)["parameters"]
        assert parameters.read(told).steps == told["steps"]


def test_rows_of_all_forms_become_tokens(place: Path, tmp_path: Path) -> None:
    tokenizer = model.tokenizer_of(place / "model")
    rows = [{"text": "one"}, {"prompt": "two", "completion": "three"}]
    (tmp_path / "rows.jsonl").write_text("\n".join(map(json.dumps, rows)))
    (tmp_path / "whole.txt").write_text("four")
    count = data.tokenize(tmp_path, tokenizer, tmp_path / "out" / "tokens.bin", 6)
    tokens = np.fromfile(tmp_path / "out" / "tokens.bin", dtype=np.int32)
    assert tokenizer.decode(tokens) == "one</s>two\nthree</s>four</s>"
    assert count == len(tokens) // 6
    found = data.Sequences(tmp_path / "out" / "tokens.bin", 6, seed=1)
    assert found.batch(0, count).shape == (count, 6)
    assert sorted(found.batch(0, count).tolist()) == sorted(found.batch(count, count).tolist())


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.jsonl", "{", "a.jsonl: line 1 is no JSON"),
        ("a.jsonl", '{"body": "x"}', "a.jsonl: row 1 has neither text"),
        ("a.txt", "ab", "has 3 tokens in 1 files"),
        ("a.pdf", "ab", "has 0 tokens in 0 files"),
    ],
)
def test_texts_that_can_t_be_used_are_named(
    name: str, content: str, message: str, place: Path, tmp_path: Path
) -> None:
    (tmp_path / name).write_text(content)
    with pytest.raises(InputError, match=message):
        data.tokenize(tmp_path, model.tokenizer_of(place / "model"), tmp_path / "out" / "tokens.bin", 8)


def test_a_model_that_is_none_is_named(tmp_path: Path) -> None:
    job = ray_training.read(configuration(tmp_path, "none", {"model": str(tmp_path), "data": str(tmp_path)}))
    with pytest.raises(InputError, match="no model of Hugging Face"):
        prepare(job)


@pytest.mark.parametrize(("rank", "share"), [(4, 0.97), (0, 0.5)])
def test_what_is_trained_is_what_anyone_reads_from_the_saved_folder(
    rank: int, share: float, place: Path, tmp_path: Path
) -> None:
    told = parameters.Parameters(model="m", data="d", learning_rate=0.01, lora_rank=rank)
    trained = model.load(place / "model", told, "none")
    weights = model.trained(trained)
    assert all(("lora_" in name) == (rank > 0) for name in weights)
    optimizer = torch.optim.AdamW(weights.values(), lr=told.learning_rate)
    tokens = model.tokenizer_of(place / "model")(TEXT * 2, return_tensors="pt")["input_ids"]
    for _ in range(15):
        optimizer.zero_grad()
        trained(input_ids=tokens, labels=tokens).loss.backward()
        optimizer.step()
    with torch.no_grad():
        reached = float(trained(input_ids=tokens, labels=tokens).loss)
    model.save(trained, place / "model", tmp_path / "final", {"steps": 15})
    assert loss(tmp_path / "final") == pytest.approx(reached, abs=1e-3)
    assert reached < share * loss(place / "model")


def test_a_pod_has_a_process_for_each_accelerator(tmp_path: Path) -> None:
    job = ray_training.read(configuration(tmp_path, "one", {}))
    assert job.processes_per_worker == 1
    assert dataclasses.replace(job, resources_per_worker={"GPU": 8}).processes_per_worker == 8
    assert dataclasses.replace(job, resources_per_worker={"neuron_cores": 32}).processes_per_worker == 32


def test_the_learning_rate_rises_and_falls_to_a_tenth() -> None:
    told = parameters.Parameters(model="m", data="d", steps=110, warmup_steps=10, learning_rate=1.0)
    assert [round(rate(told, step), 3) for step in (1, 10, 60, 110)] == [0.1, 1.0, 0.55, 0.1]
