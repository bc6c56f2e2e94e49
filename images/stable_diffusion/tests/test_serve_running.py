"""The service as KubeRay starts it: a Ray node, and the rendered serveConfigV2 put to its dashboard.

Replaced is only what this machine has not: the port, the GPU (Ray is told of two, the model computes on
CPUs), the weights, and times that would make tests long. Tests run in the order of this file: the last but
one stops Ray.
"""

import copy
import os
import threading
import time
from base64 import b64decode
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import requests
from PIL import Image

import ray_node
import rendered
import tiny_diffusion

SERVING = rendered.entry("staging", "stable-diffusion-gpu/stable-diffusion")
HOOK = rendered.entry("staging", "stable-diffusion-gpu/group-0/ray-worker/preStop")
TOKEN = "0123456789" * 4
TIMEOUT = 20.0
SLOW = {"prompt": "a cat", "steps": 60, "width": 512, "height": 512}
"""One that takes seconds; four of them take longer than the timeout."""

TOO_LONG = "body: is longer than 52096 bytes; shorten it"

pytestmark = pytest.mark.skipif(not ray_node.can_isolate(), reason="needs root, to give Ray a namespace")


class Service(NamedTuple):
    url: str
    node: ray_node.Node

    def generate(self, body: Any, timeout: float = 60, **options: Any) -> requests.Response:
        return requests.post(f"{self.url}/generate", json=body, timeout=timeout, **options)

    def details(self) -> Any:
        headers = {"Authorization": f"Bearer {TOKEN}"}
        answer = requests.get(
            f"{self.node.dashboard}/api/serve/applications/", headers=headers, timeout=30
        ).json()
        return answer["applications"].get("stable-diffusion", {})


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    folder = tmp_path_factory.mktemp("service")
    model = tiny_diffusion.save(folder)
    sources = [str(rendered.REPOSITORY / "images" / name / "src") for name in ("genai", "stable_diffusion")]
    more = {
        "PYTHONPATH": os.pathsep.join(sources),
        "RAY_AUTH_MODE": "token",
        "RAY_AUTH_TOKEN": TOKEN,
        "HF_HUB_OFFLINE": "1",
    }
    environment = HOOK.environ({"/models": str(folder / "models")}, more)
    (port,) = ray_node.free_ports(1)
    with ray_node.node(environment, "--num-cpus=4", "--num-gpus=2") as node:
        running = Service(f"http://127.0.0.1:{port}", node)
        _deploy(running, _config(model, port))
        yield running


def _config(model: Path, port: int) -> Any:
    config = copy.deepcopy(SERVING.detail)
    config["http_options"] |= {"host": "127.0.0.1", "port": port}
    (application,) = config["applications"]
    application["args"] |= {"model_source": str(model), "device": "cpu", "timeout_seconds": TIMEOUT}
    for deployment in application["deployments"]:
        if "autoscaling_config" in deployment:
            quick = {"metrics_interval_s": 1, "look_back_period_s": 2, "upscale_delay_s": 2}
            deployment["autoscaling_config"] |= quick
    return config


def _deploy(service: Service, config: Any) -> None:
    """Do what the operator does: PUT the configuration, then ask until the application runs."""
    headers = {"Authorization": f"Bearer {TOKEN}"}
    url = f"{service.node.dashboard}/api/serve/applications/"
    assert requests.put(url, json=config, timeout=30).status_code == 401, "the token is asked for"
    answer = requests.put(url, json=config, headers=headers, timeout=60)
    assert answer.ok, answer.text
    end = time.monotonic() + 240
    while (status := service.details().get("status")) != "RUNNING":
        assert status in (None, "DEPLOYING", "NOT_STARTED"), service.details()
        assert time.monotonic() < end, service.details()
        time.sleep(0.5)
    SERVING.ran()


def size_of(png: bytes) -> tuple[int, int]:
    with Image.open(BytesIO(png)) as image:
        assert image.format == "PNG"
        return image.width, image.height


def test_a_running_service_says_that_it_is_healthy(service: Service) -> None:
    assert requests.get(f"{service.url}/healthz", timeout=30).json() == {"status": "ok"}
    assert requests.get(f"{service.url}/-/healthz", timeout=30).text == "success"


def test_a_prompt_gives_a_png_of_the_size_of_the_model_or_of_another(service: Service) -> None:
    answer = service.generate({"prompt": "a cat", "steps": 2})
    assert answer.headers["content-type"] == "image/png", answer.text
    assert size_of(answer.content) == (tiny_diffusion.SIDE, tiny_diffusion.SIDE)
    assert all(name in answer.headers for name in ("X-Seed", "X-Batch-Size", "Server-Timing"))
    wide = service.generate({"prompt": "a cat", "steps": 2, "width": 128, "height": 72})
    assert size_of(wide.content) == (128, 72)


def test_the_same_seed_gives_the_same_picture(service: Service) -> None:
    first, again, other = (
        service.generate({"prompt": "a cat", "steps": 2, "seed": seed}) for seed in (7, 7, 8)
    )
    assert first.content == again.content
    assert first.content != other.content
    drawn = service.generate({"prompt": "a cat", "steps": 2})
    once_more = service.generate({"prompt": "a cat", "steps": 2, "seed": int(drawn.headers["X-Seed"])})
    assert drawn.content == once_more.content


def test_several_pictures_come_as_json_and_share_calls_of_the_model(service: Service) -> None:
    answer = service.generate({"prompt": "a cat", "steps": 2, "images": 4, "seed": 5})
    images = answer.json()["images"]
    assert [each["seed"] for each in images] == [5, 6, 7, 8]
    assert len({each["png"] for each in images}) == 4
    assert {size_of(b64decode(each["png"])) for each in images} == {(64, 64)}
    assert int(answer.headers["X-Batch-Size"]) > 1
    one = service.generate({"prompt": "a cat", "steps": 2}, headers={"Accept": "application/json"})
    assert len(one.json()["images"]) == 1


@pytest.mark.parametrize(
    ("body", "status", "message"),
    [
        ({}, 422, "prompt: is missing"),
        ({"prompt": " "}, 422, "prompt: is blank; say what to show"),
        ({"prompt": "a" * 2001}, 422, "prompt: has 2001 characters; at most 2000 are allowed"),
        ({"prompt": "a", "width": 100}, 422, "width: is 100; write a multiple of 8 from 64 to 1024"),
        ({"prompt": "a", "steps": 61}, 422, "steps: is 61; at most 60 are allowed"),
        ({"prompt": "a", "images": 5}, 422, "images: is 5; at most 4 are allowed"),
        ({"prompt": "a", "seed": -1}, 422, "seed: Input should be greater than or equal to 0"),
        (
            {"prompt": "a", "size": 64},
            422,
            "size: is unknown; there are prompt, negative_prompt, steps, guidance, width, height, seed, "
            "images",
        ),
        ({"prompt": "a" * 60_000}, 413, TOO_LONG),
    ],
)
def test_a_bad_request_gets_one_clear_line(service: Service, body: Any, status: int, message: str) -> None:
    answer = service.generate(body)
    assert (answer.status_code, answer.json()) == (status, {"error": message})


def test_broken_json_another_method_and_an_unknown_path_get_a_clear_line(service: Service) -> None:
    headers = {"Content-Type": "application/json"}
    broken = requests.post(f"{service.url}/generate", data="{'prompt'", headers=headers, timeout=30)
    assert broken.status_code == 400
    assert broken.json()["error"].startswith("body: is no JSON (")
    method = requests.get(f"{service.url}/generate", timeout=30)
    assert (method.status_code, method.json()) == (405, {"error": "GET /generate: Method Not Allowed"})
    path = requests.get(f"{service.url}/imagine", timeout=30)
    assert (path.status_code, path.json()) == (404, {"error": "GET /imagine: Not Found"})


def test_a_body_without_a_length_is_refused_when_it_grows_too_long(service: Service) -> None:
    parts = (b" " * 10_000 for _ in range(20))
    headers = {"Content-Type": "application/json"}
    answer = requests.post(f"{service.url}/generate", data=parts, headers=headers, timeout=30)
    assert (answer.status_code, answer.json()) == (
        413,
        {"error": "body: is longer than 52096 bytes; shorten it"},
    )


def test_a_request_that_takes_too_long_is_called_off_and_the_model_is_free(service: Service) -> None:
    start = time.monotonic()
    answer = service.generate(SLOW | {"images": 4, "steps": 60, "width": 1024, "height": 1024}, timeout=90)
    assert (answer.status_code, answer.json()) == (
        504,
        {"error": "not done after 20 seconds; ask for fewer steps, or come back later"},
    )
    assert time.monotonic() - start < TIMEOUT + 15
    assert service.generate({"prompt": "a cat", "steps": 1}).ok


def test_a_client_that_leaves_frees_the_model(service: Service) -> None:
    body = SLOW | {"images": 4, "width": 1024, "height": 1024}
    with pytest.raises(requests.exceptions.ReadTimeout):
        service.generate(body, timeout=2)
    start = time.monotonic()
    assert service.generate({"prompt": "a cat", "steps": 1}).ok
    assert time.monotonic() - start < TIMEOUT - 4, "it did not wait for what nobody wants any more"


def test_load_above_capacity_gets_429_quickly_everything_is_answered_and_copies_are_added(
    service: Service,
) -> None:
    stop = threading.Event()
    body = {"prompt": "a cat", "steps": 8}

    def client(_: int) -> list[tuple[int, float, requests.Response]]:
        found = []
        while not stop.is_set():
            start = time.monotonic()
            answer = service.generate(body)
            found.append((answer.status_code, time.monotonic() - start, answer))
            if answer.status_code == 429:
                stop.wait(1)
        return found

    with ThreadPoolExecutor(40) as pool:
        answers = pool.map(client, range(40))
        end = time.monotonic() + 90
        while (copies := _copies(service)) < 2 and time.monotonic() < end:
            time.sleep(1)
        stop.set()
    found = [each for client_answers in answers for each in client_answers]
    assert copies == 2
    assert {status for status, _, _ in found} == {200, 429}
    refused = [(seconds, answer) for status, seconds, answer in found if status == 429]
    assert {answer.headers["Retry-After"] for _, answer in refused} == {"5"}
    assert refused[0][1].json() == {"error": "too many requests wait; come back later"}
    assert max(int(answer.headers["X-Batch-Size"]) for status, _, answer in found if status == 200) == 4
    waits = sorted(seconds for seconds, _ in refused)
    assert waits[len(waits) // 2] < 5, "a refusal does not wait for the model"


def _copies(service: Service) -> int:
    replicas = service.details()["deployments"]["TextToImage"]["replicas"]
    return sum(each["state"] == "RUNNING" for each in replicas)


def test_prometheus_finds_the_metrics_of_the_service(service: Service) -> None:
    wanted = {
        'ray_stable_diffusion_requests_total{.*status="429"': False,
        "ray_stable_diffusion_batch_size_count": False,
        "ray_stable_diffusion_pictures_total": False,
        "ray_serve_": False,
    }
    end = time.monotonic() + 30
    while not all(wanted.values()) and time.monotonic() < end:
        text = requests.get(f"{service.node.metrics}/metrics", timeout=30).text
        wanted = {name: all(part in text for part in name.split(".*")) for name in wanted}
        time.sleep(1)
    assert all(wanted.values()), wanted


def test_a_worker_that_is_stopped_finishes_its_requests_first(service: Service) -> None:
    answers: list[requests.Response] = []
    request = threading.Thread(target=lambda: answers.append(service.generate(SLOW | {"steps": 10})))
    request.start()
    time.sleep(0.5)
    assert "raylet" in service.node.processes()
    hook = service.node.command(HOOK.command({"sleep 120": "sleep 20"}), timeout=120)
    request.join()
    assert answers[0].ok, answers[0].text
    assert hook.returncode == 0, hook.stderr
    HOOK.ran()
    assert service.node.processes() == []


def test_a_worker_of_the_shared_cluster_stops_ray() -> None:
    hook = rendered.entry("prod", "shared/group-0/ray-worker/preStop")
    with ray_node.node(hook.environ({}), "--num-cpus=1") as node:
        assert "raylet" in node.processes()
        done = node.command(hook.command({}), timeout=120)
        assert done.returncode == 0, done.stderr
        hook.ran()
        assert node.processes() == []
