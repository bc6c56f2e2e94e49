"""Where weights come from, what a model does with them, and what is refused."""

import json
import threading
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import boto3
import pytest
import torch
from diffusers import StableDiffusionPipeline
from moto import mock_aws
from peft import LoraConfig
from peft.utils import get_peft_model_state_dict
from PIL import Image

import tiny_diffusion
from genai.errors import InputError
from stable_diffusion_serve import compile as compiling
from stable_diffusion_serve import encoding, settings, weights
from stable_diffusion_serve.diffusers_engine import DiffusersEngine
from stable_diffusion_serve.engine import Abandoned
from stable_diffusion_serve.generation import Generate, Job
from stable_diffusion_serve.neuron_engine import compiled, fill
from stable_diffusion_serve.weights import Weights

JOB = Job("a cat", "", 2, 5.0, None, None, 1)


@pytest.fixture(scope="module")
def pipeline(tmp_path_factory: pytest.TempPathFactory) -> Path:
    torch.set_num_threads(1)
    return tiny_diffusion.save(tmp_path_factory.mktemp("pipeline"))


@pytest.fixture(scope="module")
def adapter(pipeline: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give the folder of a fine-tuning: LoRA weights of the U-Net that change pictures."""
    folder = tmp_path_factory.mktemp("adapter")
    tuned = StableDiffusionPipeline.from_pretrained(pipeline)
    tuned.unet.add_adapter(LoraConfig(r=2, target_modules=["to_q", "to_k", "to_v"], init_lora_weights=False))
    StableDiffusionPipeline.save_lora_weights(folder, unet_lora_layers=get_peft_model_state_dict(tuned.unet))
    (folder / weights.BASE).write_text(json.dumps({"base_model": str(pipeline)}))
    return folder


@pytest.fixture(scope="module")
def engine(pipeline: Path) -> DiffusersEngine:
    return DiffusersEngine(weights.fetch(str(pipeline)), "cpu")


@pytest.fixture
def bucket(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Any]:
    monkeypatch.setenv("HF_HOME", str(tmp_path / "home"))
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_REGION", "us-west-2")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-west-2")
    with mock_aws():
        client = boto3.client("s3")
        where = {"LocationConstraint": "us-west-2"}
        client.create_bucket(Bucket="example-models", CreateBucketConfiguration=where)
        yield client


def upload(client: Any, folder: Path, prefix: str) -> None:
    for path in folder.rglob("*"):
        if path.is_file():
            client.upload_file(str(path), "example-models", f"{prefix}/{path.relative_to(folder)}")


def test_a_fine_tuning_and_its_base_come_from_s3_to_the_volume_of_the_pod(
    bucket: Any, pipeline: Path, adapter: Path, tmp_path: Path
) -> None:
    upload(bucket, pipeline, "base")
    upload(bucket, adapter, "tuned")
    text = json.dumps({"base_model": "s3://example-models/base"})
    bucket.put_object(Bucket="example-models", Key=f"tuned/{weights.BASE}", Body=text)
    found = weights.fetch("s3://example-models/tuned")
    assert found.base.parent == tmp_path / "home" / "models"
    assert (found.base / "unet" / "diffusion_pytorch_model.safetensors").is_file()
    assert found.adapter
    assert (found.adapter / weights.ADAPTER).is_file()


def test_a_fine_tuning_changes_the_pictures(engine: DiffusersEngine, adapter: Path) -> None:
    tuned = DiffusersEngine(weights.fetch(str(adapter)), "cpu")
    shape = engine.shape(JOB)
    plain, changed = (each.generate(shape, [JOB], lambda: True)[0] for each in (engine, tuned))
    assert plain.tobytes() != changed.tobytes()


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({}, "has no model_index.json; name a pipeline of diffusers"),
        ({weights.BASE: '{"base_model": "./x"}'}, "but no pytorch_lora_weights.safetensors"),
        ({weights.BASE: "{}", weights.ADAPTER: ""}, 'write {"base_model": "<source>"}'),
        ({weights.BASE: '{"base_model": 1}', weights.ADAPTER: ""}, "base_model is 1; write a source"),
        ({weights.BASE: '{"base_model": "{here}"}', weights.ADAPTER: ""}, "is a fine-tuning too"),
    ],
)
def test_a_folder_that_is_no_model_is_refused_with_the_remedy(
    files: dict[str, str], message: str, tmp_path: Path
) -> None:
    for name, text in files.items():
        (tmp_path / name).write_text(text.replace("{here}", str(tmp_path)))
    with pytest.raises(InputError) as caught:
        weights.fetch(str(tmp_path))
    assert message in str(caught.value)


def test_a_gpu_that_is_not_there_is_an_error_not_a_slow_service(pipeline: Path) -> None:
    if torch.cuda.is_available():
        pytest.skip("there is a GPU")
    with pytest.raises(InputError, match="there is no GPU here"):
        DiffusersEngine(Weights(pipeline, None), "cuda")


def test_a_picture_depends_on_its_own_seed_not_on_its_company(engine: DiffusersEngine) -> None:
    shape = engine.shape(JOB)
    jobs = [JOB._replace(seed=seed) for seed in (1, 2, 3)]
    together = engine.generate(shape, jobs, lambda: True)
    alone = engine.generate(shape, [jobs[1]], lambda: True)[0]
    assert together[0].tobytes() != together[1].tobytes()
    pairs = zip(together[1].tobytes(), alone.tobytes(), strict=True)
    assert max(abs(a - b) for a, b in pairs) <= 1, "but for the rounding of larger matrices"


def test_jobs_share_a_call_when_size_steps_and_guidance_are_the_same(engine: DiffusersEngine) -> None:
    own = engine.shape(JOB)
    side = tiny_diffusion.SIDE
    assert engine.shape(JOB._replace(prompt="a dog", seed=2, width=side, height=side)) == own
    others: list[dict[str, Any]] = [
        {"width": 128},
        {"steps": 3},
        {"guidance": 4.0},
        {"negative_prompt": "blurred"},
    ]
    assert all(engine.shape(JOB._replace(**change)) != own for change in others)


def test_a_negative_prompt_has_an_effect(engine: DiffusersEngine) -> None:
    negative = JOB._replace(negative_prompt="a dog")
    images = [engine.generate(engine.shape(job), [job], lambda: True)[0] for job in (JOB, negative)]
    assert images[0].tobytes() != images[1].tobytes()


def test_a_call_that_nobody_wants_ends_after_its_step(engine: DiffusersEngine) -> None:
    left = threading.Event()
    long = JOB._replace(steps=1000)
    timer = threading.Timer(0.2, left.set)
    timer.start()
    with pytest.raises(Abandoned):
        engine.generate(engine.shape(long), [long], lambda: not left.is_set())


def test_a_picture_becomes_a_png_with_the_same_pixels() -> None:
    image = Image.effect_noise((16, 8), 50).convert("RGB")
    with Image.open(BytesIO(encoding.png(image))) as read:
        assert read.format == "PNG"
        assert read.tobytes() == image.tobytes()


def test_pictures_of_a_request_have_seeds_in_a_row() -> None:
    jobs = Generate(prompt="a", images=3, seed=2**32 - 1).jobs()
    assert [job.seed for job in jobs] == [2**32 - 1, 0, 1]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"batch_size": 0}, "batch_size: "),
        ({"device": "tpu"}, "device: "),
        ({"speed": 1}, "speed: Extra inputs are not permitted"),
    ],
)
def test_wrong_arguments_of_the_application_are_named(change: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=f"args of the application: {message}"):
        settings.read({"model_source": "a/b", "device": "cpu"} | change)


def neuron_folder(folder: Path, **static: Any) -> Path:
    """Write what optimum-neuron writes beside the compiled parts, as far as it is read here."""
    noted = {"static_width": 128, "static_height": 96, "static_batch_size": 2, "compiler_version": "2.21"}
    for name, config in (
        ("unet", {"neuron": noted | static}),
        ("vae_decoder", {"block_out_channels": [128, 256, 512, 512]}),
    ):
        (folder / name).mkdir()
        (folder / name / "config.json").write_text(json.dumps(config))
    return folder


def test_a_compiled_model_says_what_it_was_compiled_for(tmp_path: Path) -> None:
    found = compiled(neuron_folder(tmp_path))
    assert found == (1024, 768, 2, "2.21")
    assert found.shape(JOB)[:2] == (1024, 768)
    assert fill([JOB], 2) == [JOB, JOB]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"width": 512, "height": 512}, "512x512: the model was compiled for 1024x768; ask for that"),
        ({"guidance": 1.0}, "guidance: is 1; the compiled model needs more than 1"),
    ],
)
def test_a_compiled_model_refuses_other_shapes(change: Any, message: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=message):
        compiled(neuron_folder(tmp_path)).shape(JOB._replace(**change))


def test_a_model_that_is_not_compiled_is_refused_with_the_remedy(pipeline: Path) -> None:
    with pytest.raises(InputError, match=r"python -m stable_diffusion_serve\.compile"):
        compiled(pipeline)


def test_the_compiler_gets_shapes_and_the_weights_of_a_fine_tuning(adapter: Path, tmp_path: Path) -> None:
    words = compiling.command(weights.fetch(str(adapter)), tmp_path / "out", 1024, 768, 2)
    line = " ".join(words)
    assert "-m optimum.exporters.neuron --model" in line
    assert "--batch_size 2 --width 1024 --height 768 --num_images_per_prompt 1" in line
    assert f"--lora_model_ids {adapter} --lora_weight_names pytorch_lora_weights.safetensors" in line
    assert words[-1] == str(tmp_path / "out")
