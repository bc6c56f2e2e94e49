"""The service as KubeRay starts it: a Ray node, and the rendered serveConfigV2 put to its dashboard.

Replaced is only what this machine has not: the GPU (vLLM's build for CPUs computes), the weights (a tiny
Llama of random numbers, in a bucket), ports, sizes, and times that would make tests long. It is dev's, where
no copy of the model runs until somebody asks. Tests run in the order of this file: the last one stops Ray.
"""

import copy
import json
import os
import subprocess
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple

import pytest
import requests

import local_s3
import ray_node
import rendered
import tiny_llama
from charts_src.model.llm import EngineKwargs

SERVING = rendered.entry("dev", "llm/llm")
HOOK = rendered.entry("dev", "llm/group-1/ray-worker/preStop")
MODEL = "qwen2.5-7b-instruct"
PYTHON = rendered.REPOSITORY / ".venv-llm" / "bin"
SOURCES = str(rendered.REPOSITORY / "images" / "llm" / "src")
TOKEN = "0123456789" * 4
WEIGHTS = "s3://example-models/tiny-llama"
KNOWN = """
import dataclasses, json, sys
from vllm.engine.arg_utils import AsyncEngineArgs
from vllm.entrypoints.launchers.cli_args import FrontendArgs
from llm_serve.app import build
from ray.serve.llm import LLMServingArgs
known = [field.name for each in (AsyncEngineArgs, FrontendArgs) for field in dataclasses.fields(each)]
given = json.load(sys.stdin)
configs = [each for args in given for each in LLMServingArgs.model_validate(args).llm_configs]
bundles = {each.model_id: each.get_engine_config().placement_bundles for each in configs}
refused = []
for change in ({"max_model_length": 5}, {"engine_kwargs": {"max_sequences": 5}}):
    try:
        build({"llm_configs": [given[0]["llm_configs"][0] | change]})
    except ValueError as error:
        refused.append(str(error))
print(json.dumps({"known": known, "bundles": bundles, "refused": refused}))
"""
"""Program that says what vLLM and Ray make of arguments."""
QUESTION = {"model": MODEL, "messages": [{"role": "user", "content": "hi"}], "max_tokens": 5}

pytestmark = pytest.mark.skipif(not ray_node.can_isolate(), reason="needs root, to give Ray a namespace")


class Service(NamedTuple):
    url: str
    node: ray_node.Node

    def ask(self, path: str, body: Any, **options: Any) -> requests.Response:
        return requests.post(f"{self.url}{path}", json=body, timeout=320, **options)

    def chat(self, **changes: Any) -> requests.Response:
        return self.ask("/v1/chat/completions", QUESTION | changes)

    def put(self, config: Any) -> requests.Response:
        """Do what the operator does."""
        headers = {"Authorization": f"Bearer {TOKEN}"}
        url = f"{self.node.dashboard}/api/serve/applications/"
        return requests.put(url, json=config, headers=headers, timeout=60)

    def application(self) -> Any:
        headers = {"Authorization": f"Bearer {TOKEN}"}
        url = f"{self.node.dashboard}/api/serve/applications/"
        return requests.get(url, headers=headers, timeout=30).json()["applications"].get("llm", {})

    def copies(self) -> int:
        return len(self.application()["deployments"]["LLMServer:chat"]["replicas"])

    def await_status(self, *wanted: str, seconds: float = 120) -> str:
        end = time.monotonic() + seconds
        while (status := self.application().get("status")) not in wanted:
            assert time.monotonic() < end, self.application()
            time.sleep(0.5)
        return str(status)


@pytest.fixture(scope="module")
def bucket(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """Put the weights into a bucket; give the variables with which the AWS SDK finds it."""
    name, _, prefix = WEIGHTS.removeprefix("s3://").partition("/")
    with local_s3.served(name) as variables:
        for path in tiny_llama.save(tmp_path_factory.mktemp("model")).iterdir():
            local_s3.client(variables).upload_file(str(path), name, f"{prefix}/{path.name}")
        yield variables


@pytest.fixture(scope="module")
def config() -> Any:
    """Give the rendered configuration with what this machine has."""
    config = copy.deepcopy(SERVING.detail)
    (port,) = ray_node.free_ports(1)
    config["http_options"] |= {"host": "127.0.0.1", "port": port}
    (application,) = config["applications"]
    (engine,) = application["args"]["llm_configs"]
    engine["model_loading_config"]["model_source"] = WEIGHTS
    engine["placement_group_config"]["bundle_per_worker"] = {"CPU": 1, "model-chat": 1}
    small = {"dtype": "float32", "enforce_eager": True, "gpu_memory_utilization": 0.1, "max_num_seqs": 2}
    engine["engine_kwargs"] |= small | {"max_model_len": tiny_llama.POSITIONS}
    (server,) = [each for each in application["deployments"] if each["name"] == "LLMServer:chat"]
    server |= {"max_ongoing_requests": 2, "max_queued_requests": 1, "graceful_shutdown_timeout_s": 5}
    quick = {"metrics_interval_s": 1, "look_back_period_s": 2, "upscale_delay_s": 0}
    server["autoscaling_config"] |= quick | {"downscale_to_zero_delay_s": 5}
    return config


@pytest.fixture(scope="module")
def service(
    config: Any, bucket: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Service]:
    models = tmp_path_factory.mktemp("models")
    more = bucket | {
        "PATH": f"{PYTHON}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": SOURCES,
        "RAY_AUTH_MODE": "token",
        "RAY_AUTH_TOKEN": TOKEN,
        "HF_HUB_OFFLINE": "1",
        "VLLM_CPU_KVCACHE_SPACE": "1",
        "RAY_worker_niceness": "0",
    }
    resources = json.dumps({"front-end": 1, "model-chat": 1})
    environment = HOOK.environ({"/models": str(models)}, more)
    with ray_node.node(environment, "--num-cpus=4", f"--resources={resources}") as node:
        running = Service(f"http://127.0.0.1:{config['http_options']['port']}", node)
        assert running.put(config).ok
        running.await_status("RUNNING")
        yield running


def test_ray_and_vllm_know_every_argument_of_every_environment_and_refuse_others() -> None:
    arguments = [
        rendered.entry(name, "llm/llm").detail["applications"][0]["args"] for name in rendered.environments()
    ]
    words = [str(PYTHON / "python"), "-c", KNOWN]
    done = subprocess.run(
        words,
        env=os.environ | {"PYTHONPATH": SOURCES},
        input=json.dumps(arguments),
        capture_output=True,
        text=True,
        timeout=200,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout.splitlines()[-1])
    assert set(EngineKwargs.model_fields) <= set(said["known"])
    assert said["bundles"] == {
        MODEL: [{"GPU": 1, "model-chat": 1}],
        "qwen2.5-32b-instruct": [{"GPU": 1, "model-large": 1}] * 4,
    }
    assert said["refused"] == [
        "args: llm_configs.max_model_length: Extra inputs are not permitted; correct serveConfigV2",
        "Unknown engine argument: max_sequences",
    ]


def test_the_service_runs_before_any_copy_of_the_model_does(service: Service) -> None:
    assert service.copies() == 0
    assert requests.get(f"{service.url}/-/healthz", timeout=30).text == "success"
    (card,) = requests.get(f"{service.url}/v1/models", timeout=30).json()["data"]
    assert card["id"] == MODEL
    assert requests.get(f"{service.url}/v1/models/{MODEL}", timeout=30).json()["id"] == MODEL


def test_the_first_question_starts_a_copy_and_is_answered(service: Service) -> None:
    answer = service.chat()
    assert answer.status_code == 200, answer.text
    assert service.copies() == 1
    assert answer.json()["model"] == MODEL
    assert answer.json()["usage"]["completion_tokens"] == 5
    assert answer.json()["choices"][0]["message"]["role"] == "assistant"
    SERVING.ran()


def test_an_answer_comes_in_pieces_to_whoever_wants_it_so(service: Service) -> None:
    with service.ask("/v1/chat/completions", QUESTION | {"stream": True}, stream=True) as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        events = [line.removeprefix("data: ") for line in answer.text.splitlines() if line]
    assert events[-1] == "[DONE]"
    pieces = [json.loads(event)["choices"][0] for event in events[:-1]]
    assert len(pieces) > 2
    assert pieces[-1]["finish_reason"] == "length"


def test_the_same_seed_gives_the_same_text(service: Service) -> None:
    body = {"model": MODEL, "prompt": "once", "max_tokens": 8, "seed": 3, "temperature": 1.0}
    first, again = (service.ask("/v1/completions", body).json()["choices"][0]["text"] for _ in range(2))
    assert first == again


@pytest.mark.parametrize(
    ("changes", "status", "message"),
    [
        ({"model": "gpt"}, 404, "gpt"),
        ({"messages": "hi"}, 400, "messages"),
        ({"max_tokens": 10_000}, 400, "max_tokens"),
        ({"temperature": -1}, 400, "temperature"),
        ({"messages": [{"role": "user", "content": "long " * 500}]}, 400, "tokens"),
    ],
)
def test_a_bad_question_is_refused_with_its_mistake(
    service: Service, changes: dict[str, Any], status: int, message: str
) -> None:
    answer = service.chat(**changes)
    assert answer.status_code == status, answer.text
    assert message in answer.json()["error"]["message"]
    assert "Traceback" not in answer.text


def test_what_is_no_json_is_refused(service: Service) -> None:
    for headers in ({}, {"Content-Type": "application/json"}):
        answer = requests.post(f"{service.url}/v1/chat/completions", data="{", headers=headers, timeout=30)
        assert answer.status_code == 400, answer.text
        assert answer.json()["error"]["type"] == "invalid_request_error"


def test_there_are_no_more_ways_in_than_callers_need(service: Service) -> None:
    assert service.ask("/tokenize", {"model": MODEL, "prompt": "a"}).status_code == 404
    assert service.ask("/v1/score", {}).status_code == 404


def test_scripts_of_other_sites_get_no_answer(service: Service) -> None:
    """The login of the load balancer is a cookie, which a browser would send along."""
    headers = {"Origin": "https://evil.example.com", "Cookie": "AWSELBAuthSessionCookie-0=x"}
    answer = requests.get(f"{service.url}/v1/models", headers=headers, timeout=30)
    assert not [name for name in answer.headers if name.lower().startswith("access-control")]


def test_what_is_too_much_is_refused_at_once_and_told_when_to_come_back(service: Service) -> None:
    def ask(_: int) -> tuple[int, float, str | None]:
        start = time.monotonic()
        answer = service.chat(max_tokens=100, ignore_eos=True)
        return answer.status_code, time.monotonic() - start, answer.headers.get("Retry-After")

    with ThreadPoolExecutor(12) as pool:
        answers = list(pool.map(ask, range(12)))
    statuses = [status for status, _, _ in answers]
    assert set(statuses) == {200, 429}
    assert statuses.count(200) >= 3, "two in progress, one waiting"
    refused = [(seconds, retry) for status, seconds, retry in answers if status == 429]
    assert all(seconds < 2 for seconds, _ in refused), refused
    assert {retry for _, retry in refused} == {"5"}


def test_the_engine_tells_prometheus_what_it_does(service: Service) -> None:
    end = time.monotonic() + 60
    while "vllm_generation_tokens_total" not in (
        text := requests.get(service.node.metrics, timeout=30).text.replace(":", "_")
    ):
        assert time.monotonic() < end, sorted({line.split("{")[0] for line in text.splitlines()})
        time.sleep(2)


def test_the_last_copy_goes_when_nobody_asks_any_more(service: Service) -> None:
    end = time.monotonic() + 60
    while service.copies():
        assert time.monotonic() < end, service.application()
        time.sleep(0.5)
    assert service.application()["status"] == "RUNNING"
    assert requests.get(f"{service.url}/v1/models", timeout=30).ok


def test_a_pod_that_goes_away_stops_ray(service: Service) -> None:
    answer = service.node.command(HOOK.command({"sleep 300": "sleep 0"}))
    assert answer.returncode == 0, answer.stderr
    assert not service.node.processes()
    HOOK.ran()
