"""Fine-tuning as the workflow starts it, with tiny pipelines and a server that speaks S3."""

import json
import os
import re
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import numpy as np
import pytest
import torch
from accelerate import Accelerator
from diffusers import StableDiffusionPipeline, StableDiffusionXLPipeline
from PIL import Image
from safetensors.torch import load_file

import local_s3
import rendered
import trainable_diffusion
from genai.errors import InputError
from stable_diffusion_finetune import options, pictures, training

IMAGES = Path(__file__).parents[2]
DATA, MODELS = "genai-prod-data", "genai-prod-models"
RESULT = "stable-diffusion-finetuned/example-dog/"
MODULES = os.pathsep.join(str(IMAGES / folder / "src") for folder in ("genai", "stable_diffusion"))


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a folder with pictures and a pipeline of each kind."""
    folder = tmp_path_factory.mktemp("finetune")
    trainable_diffusion.save_sdxl(folder / "sdxl")
    trainable_diffusion.save_sd15(folder / "sd15")
    (folder / "pictures").mkdir()
    for number, size in enumerate([(48, 40), (40, 64), (32, 32)]):
        noise = np.random.default_rng(number).integers(0, 255, (*size, 3), dtype=np.uint8)
        Image.fromarray(noise).save(folder / "pictures" / f"{number}.png")
    return folder


@pytest.fixture(scope="module")
def bucket(place: Path) -> Iterator[dict[str, str]]:
    """Serve S3 with the pictures of a subject; give the environment of what is to use it."""
    with local_s3.served(DATA, MODELS) as variables, pytest.MonkeyPatch.context() as patch:
        for name, value in variables.items():
            patch.setenv(name, value)
        for path in (place / "pictures").iterdir():
            local_s3.client(variables).upload_file(str(path), DATA, f"finetune/example-dog/{path.name}")
        yield variables


def keys(prefix: str) -> list[str]:
    found = boto3.client("s3").list_objects_v2(Bucket=MODELS, Prefix=prefix).get("Contents", ())
    return [each["Key"] for each in found]


def told(place: Path, work: Path, model: str, **changed: Any) -> options.Options:
    given = {
        "base_model": str(place / model),
        "pictures": str(place / "pictures"),
        "prompt": "a photo of sks dog",
        "steps": 2,
        "output": str(work / "output"),
        "work": str(work / "work"),
        "learning_rate": 0.01,
        **changed,
    }
    return options.parse(options.words_of(given))


def picture(pipeline: Any) -> Any:
    pipeline.set_progress_bar_config(disable=True)
    return pipeline(
        "a photo of sks dog",
        num_inference_steps=2,
        output_type="np",
        generator=torch.Generator().manual_seed(0),
    ).images[0]


def accelerator() -> Accelerator:
    return Accelerator(mixed_precision="bf16")


def newest() -> int:
    """Give the step of the newest checkpoint in the bucket that is whole; 0 where there is none."""
    steps = [re.search(r"step-(\d+)/files.json$", key) for key in keys(RESULT)]
    return max((int(step[1]) for step in steps if step), default=0)


def command(place: Path, work: Path, steps: int) -> tuple[rendered.Entry, dict[str, str], dict[str, str]]:
    entry = rendered.entry("prod", "stable-diffusion-finetune/finetune/main")
    places = {
        "{{workflow.parameters.subject}}": "example-dog",
        "{{workflow.parameters.base-model}}": str(place / "sdxl"),
        "{{workflow.parameters.prompt}}": "a photo of sks dog",
        "{{workflow.parameters.steps}}": str(steps),
        "/work": str(work),
    }
    variables = {
        "PYTHONPATH": MODULES,
        "HF_HUB_OFFLINE": "1",
        "CUDA_VISIBLE_DEVICES": "",
        "OMP_NUM_THREADS": "1",
    }
    return entry, places, variables


def test_the_workflow_s_command_survives_kill_and_its_weights_change_the_pictures_of_the_base_model(
    place: Path, bucket: dict[str, str], tmp_path: Path
) -> None:
    entry, places, variables = command(place, tmp_path / "first", 100_000)
    killed = subprocess.Popen(
        [*entry.command(places), "--checkpoint-every", "2"],
        env=entry.environ(places, variables | bucket),
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        until = time.monotonic() + 300
        while not newest() and time.monotonic() < until:
            assert killed.poll() is None
            time.sleep(0.1)
    finally:
        os.killpg(killed.pid, signal.SIGKILL)
        killed.wait()
    done = newest()
    assert done
    assert f"{RESULT}base_model.json" not in keys(RESULT)

    # A newer checkpoint that was torn as it was written is in the way of the second try.
    torn = f"step-{done + 1:010d}"
    client = boto3.client("s3")
    client.put_object(Bucket=MODELS, Key=f"{RESULT}checkpoints/{torn}/lora.safetensors", Body=b"half of it")
    entry, places, variables = command(place, tmp_path / "second", done + 2)
    second = entry.run(places, variables=variables | bucket, timeout=300)
    assert second.returncode == 0, second.stderr
    assert re.search(rf"WARNING checkpoint s3://\S+{torn} is passed over: files.json can't", second.stderr)
    assert f"goes on after step {done}\n" in second.stderr
    assert re.search(rf"step {done + 2} of {done + 2}: loss \d+\.\d+", second.stderr)
    assert keys(RESULT) == [f"{RESULT}base_model.json", f"{RESULT}pytorch_lora_weights.safetensors"]

    result = tmp_path / "result"
    result.mkdir()
    for key in keys(RESULT):
        client.download_file(MODELS, key, str(result / Path(key).name))
    assert json.loads((result / "base_model.json").read_text()) == {"base_model": str(place / "sdxl")}
    pipeline = StableDiffusionXLPipeline.from_pretrained(place / "sdxl")
    before = picture(pipeline)
    pipeline.load_lora_weights(result)
    assert np.abs(picture(pipeline) - before).max() > 1e-3


def test_a_pipeline_with_one_text_encoder_is_trained_too(place: Path, tmp_path: Path) -> None:
    steps: list[training.Step] = []
    training.train(told(place, tmp_path, "sd15"), accelerator(), steps.append)
    assert [step.number for step in steps] == [1, 2]
    assert all(np.isfinite(step.loss) for step in steps)
    pipeline = StableDiffusionPipeline.from_pretrained(place / "sd15", safety_checker=None)
    before = picture(pipeline)
    pipeline.load_lora_weights(tmp_path / "output")
    assert np.abs(picture(pipeline) - before).max() > 1e-4


def test_a_resumed_training_ends_where_an_uninterrupted_one_does(place: Path, tmp_path: Path) -> None:
    class Stopped(Exception):  # noqa: N818
        pass

    def stop(step: training.Step) -> None:
        if step.number == 3:
            raise Stopped

    changed = {"steps": 4, "checkpoint_every": 2}
    whole, broken = (told(place, tmp_path / name, "sdxl", **changed) for name in ("whole", "broken"))
    training.train(whole, accelerator(), lambda _: None)
    with pytest.raises(Stopped):
        training.train(broken, accelerator(), stop)
    steps: list[training.Step] = []
    training.train(broken, accelerator(), steps.append)
    assert [step.number for step in steps] == [3, 4]
    one, other = (
        load_file(tmp_path / name / "output" / "pytorch_lora_weights.safetensors")
        for name in ("whole", "broken")
    )
    assert one.keys() == other.keys()
    assert all(torch.allclose(one[name], other[name], atol=1e-5) for name in one)
    assert any(value.abs().max() > 0 for name, value in one.items() if "lora_B" in name or "lora.up" in name)


def test_a_checkpoint_of_another_training_is_passed_over(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    from stable_diffusion_finetune.store import Store

    weights = {"weight": torch.ones(2)}
    kept = str(tmp_path / "checkpoints")
    for step in (1, 2, 3):
        Store(kept, tmp_path / "work", {"rank": 4}, 2).save(step, weights, {"state": {}})
    found = Store(kept, tmp_path / "work", {"rank": 4}, 2).newest()
    assert found
    assert found.step == 3
    assert sorted(path.name for path in Path(kept).iterdir()) == ["step-0000000002", "step-0000000003"]
    assert Store(kept, tmp_path / "work", {"rank": 8}, 2).newest() is None
    assert "it is of a training with other options" in caplog.text


def test_pictures_become_squares_and_their_sizes_are_kept(place: Path, tmp_path: Path) -> None:
    found = pictures.read(str(place / "pictures"), tmp_path, 16)
    assert [each.pixels.shape for each in found] == [(3, 16, 16)] * 3
    assert [each.size for each in found] == [(48, 40), (40, 64), (32, 32)]
    assert [each.corner for each in found] == [(1, 0), (0, 5), (0, 0)]
    assert all(each.pixels.min() >= -1 and each.pixels.max() <= 1 for each in found)


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({}, r"has no pictures; put some there"),
        ({"dog.png": b"no picture"}, r"dog.png: no picture that can be read; remove it"),
        ({"notes.txt": b"what is on them"}, r"notes.txt: no picture that can be read"),
    ],
)
def test_what_is_no_picture_is_named(files: dict[str, bytes], message: str, tmp_path: Path) -> None:
    for name, content in files.items():
        (tmp_path / name).write_bytes(content)
    with pytest.raises(InputError, match=message):
        pictures.read(str(tmp_path), tmp_path / "work", 16)


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"rank": 0}, r"argument --rank: 0 is less than 1; write 1 or more"),
        ({"steps": "many"}, r"argument --steps: 'many' is no whole number"),
        ({"resolution": 1023}, r"--resolution 1023: no multiple of 8"),
        ({"prompt": " "}, r"--prompt: empty"),
        ({"learning_rate": 2}, r"--learning-rate: 2 is not between 0 and 1"),
        ({"strength": 2}, r"unrecognized arguments: --strength=2"),
    ],
)
def test_an_option_that_can_t_be_used_is_named(changed: dict[str, Any], message: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=message):
        told(tmp_path, tmp_path, "sdxl", **changed)


def test_a_base_model_that_can_t_be_fine_tuned_is_named(
    place: Path, bucket: dict[str, str], tmp_path: Path
) -> None:
    assert bucket
    (tmp_path / "flux").mkdir()
    (tmp_path / "flux" / "model_index.json").write_text('{"_class_name": "FluxPipeline"}')
    (tmp_path / "nothing").mkdir()
    for source, message in {
        str(
            tmp_path / "flux"
        ): "is a FluxPipeline; name a StableDiffusionXLPipeline or a StableDiffusionPipeline",
        str(tmp_path / "nothing"): "has no model_index.json",
        str(tmp_path / "elsewhere"): "not there; name a folder that exists",
        f"s3://{MODELS}/elsewhere": "has no objects",
        "sdxl": "no source; write",
    }.items():
        with pytest.raises(InputError, match=message):
            training.train(told(place, tmp_path, "sdxl", base_model=source), accelerator(), lambda _: None)


def test_wrong_input_ends_the_workflow_s_command_with_one_line(
    place: Path, bucket: dict[str, str], tmp_path: Path
) -> None:
    entry, places, variables = command(place, tmp_path, 0)
    launched = subprocess.run(
        entry.command(places),
        env=entry.environ(places, variables | bucket),
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert launched.returncode == 1  # the launcher's, whatever the program's is
    assert "Traceback" not in launched.stderr
    assert "error: argument --steps: 0 is less than 1; write 1 or more; `python -m" in launched.stderr
