"""python -m benchmarks.serving [--quick]: what does the service of Stable Diffusion add to its model?

Everything runs in one Ray node, from the rendered serveConfigV2 with other models, and SERVING.md is written.
"""

import argparse
import copy
import os
import platform
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import requests
import torch

import ray_node
import rendered
import tiny_diffusion
from benchmarks.measure import Answer, Row, Target, interleave, ratio
from benchmarks.report import section
from benchmarks.serving_app import DEVICES

OVERHEAD = 1.05
GAIN = 1.5
CLIENTS = 8
BATCH = 4
REPORT = Path(__file__).with_name("SERVING.md")
SERVING = rendered.entry("prod", "stable-diffusion-gpu/stable-diffusion")

SDXL = DEVICES["sdxl"]()
QUICK = DEVICES["quick"]()

_MODELS: dict[str, dict[str, Any]] = {
    "tiny": {"batch_size": 1},
    "sdxl": {"model_source": "sdxl", "batch_size": 1},
    "one": {"model_source": "quick", "batch_size": 1},
    "four": {"model_source": "quick", "batch_size": BATCH},
    "serve": {"model_source": "quick", "batch_size": BATCH, "serve_batch": True},
}
"""Application -> its arguments."""

_INTRODUCTION = f"""\
# Serving Stable Diffusion

`make benchmark-serving` measures and writes this file. The service is started from the rendered serveConfigV2
of prod, through Ray's dashboard, with one copy of each model: HTTP, validation, batches and PNG are the
service's own. A request asks for the 30 steps that it gets when it says nothing. Three models take the place
of SDXL on a GPU, which is not here:

- the tiny pipeline is Stable Diffusion with random weights, on one CPU: real work, but the CPU is also what
  serves, and a call is shorter than any of the model that users get;
- a stand-in for SDXL waits {SDXL.seconds(1):.2f} s, as long as a call takes on an A100 when it is compiled
  (DEVICES in serving_app.py has the source), and gives a picture of 1024x1024;
- a quick stand-in waits {QUICK.seconds(1):.1f} s for one picture and
  {QUICK.seconds(BATCH):.1f} s for {BATCH}, and gives pictures of 512x512: its gain from batches is
  an assumption.

What is compared takes turns (A B A B); a ratio is taken within one round. On a busy machine a time is longer
than on an idle one, and a ratio of two that both wait for the CPU is not exact either.
"""


def main() -> None:
    """Measure, then print or write the report."""
    parser = argparse.ArgumentParser(prog="benchmarks.serving", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="few rounds, printed")
    quick = parser.parse_args().quick
    load = f"load {os.getloadavg()[0]:.1f} at the start"
    machine = f"{os.cpu_count()} cores ({platform.machine()}), Python {platform.python_version()}, {load}"
    with tempfile.TemporaryDirectory() as folder, _service(tiny_diffusion.save(Path(folder))) as (url, model):
        answers = [
            _overhead_of_a_pipeline(url, model, 3 if quick else 15),
            _overhead_of_a_device(url, 3 if quick else 10),
            _gain(url, 1 if quick else 5),
        ]
    text = "\n".join([_INTRODUCTION, f"Measured on: {machine}.", *map(section, answers)]) + "\n"
    if quick:
        print(text)
    else:
        REPORT.write_text(text)


def _overhead_of_a_pipeline(url: str, model: Path, rounds: int) -> Answer:
    from stable_diffusion_serve import weights
    from stable_diffusion_serve.diffusers_engine import DiffusersEngine
    from stable_diffusion_serve.generation import Generate

    torch.set_num_threads(1)
    engine = DiffusersEngine(weights.fetch(str(model)), "cpu")
    (job,) = Generate(prompt="a cat").jobs()
    bare = partial(engine.generate, engine.shape(job), [job], lambda: True)
    how = (
        "One request after the other, against calls of the same pipeline in a process of its own. The second "
        "ratio has no process beside it: it is the time of a request over that of the model in that request, "
        "which the answer has in its header Server-Timing."
    )
    return _overhead("Overhead at batch 1: tiny pipeline", how, bare, f"{url}/tiny", rounds)


def _overhead_of_a_device(url: str, rounds: int) -> Answer:
    from stable_diffusion_serve.generation import Generate

    (job,) = Generate(prompt="a cat").jobs()
    bare = partial(SDXL.generate, SDXL.shape(job), [job], lambda: True)
    how = "The same with the stand-in for SDXL, which leaves the CPU to the service."
    return _overhead("Overhead at batch 1: stand-in for SDXL", how, bare, f"{url}/sdxl", rounds)


def _overhead(question: str, how: str, bare: Callable[[], Any], url: str, rounds: int) -> Answer:
    inner: list[float] = []

    def call() -> float:
        start = time.perf_counter()
        bare()
        return (time.perf_counter() - start) * 1000

    def request() -> float:
        start = time.perf_counter()
        answer = _ask(url)
        inner.append(_model_milliseconds(answer))
        return (time.perf_counter() - start) * 1000

    call(), request()
    inner.clear()
    found = interleave({"bare call": call, "request": request}, rounds)
    rows = [Row(name, values, "ms") for name, values in found.items()]
    rows.append(Row("the model, in the request", inner, "ms"))
    added = [whole - model for whole, model in zip(found["request"], inner, strict=True)]
    rows.append(Row("what the service adds", added, "ms"))
    across = ratio("request / bare call", found["request"], found["bare call"])
    within = ratio("request / the model in it", found["request"], inner)
    targets = [Target(f"{row.what} at most {OVERHEAD}", row.median <= OVERHEAD) for row in (across, within)]
    return Answer(question, how, [*rows, across, within], targets)


def _gain(url: str, rounds: int) -> Answer:
    names = {"one": "no batches", "four": f"batches of {BATCH}", "serve": f"@serve.batch of {BATCH}"}
    found = interleave({name: partial(_throughput, f"{url}/{app}") for app, name in names.items()}, rounds)
    rows = [Row(name, values, "pictures/s") for name, values in found.items()]
    ours, none, serves = (found[names[app]] for app in ("four", "one", "serve"))
    gain = ratio(f"batches of {BATCH} / no batches", ours, none)
    peer = ratio(f"batches of {BATCH} / @serve.batch of {BATCH}", ours, serves)
    most = BATCH * QUICK.seconds(1) / QUICK.seconds(BATCH)
    how = (
        f"{CLIENTS} clients, each with its next request when it has an answer and has thought for up to 0.2 "
        f"s; the quick stand-in could give {most:.2f} times as many at most."
    )
    target = Target(f"{gain.what} at least {GAIN}", gain.median >= GAIN)
    return Answer("Throughput with batches", how, [*rows, gain, peer], [target])


def _throughput(url: str, requests_each: int = 4) -> float:
    def client(number: int) -> None:
        for turn in range(requests_each):
            time.sleep((number * 7 + turn * 3) % CLIENTS / CLIENTS * 0.2)
            _ask(url)

    start = time.perf_counter()
    with ThreadPoolExecutor(CLIENTS) as pool:
        list(pool.map(client, range(CLIENTS)))
    return CLIENTS * requests_each / (time.perf_counter() - start)


def _ask(url: str) -> requests.Response:
    answer = requests.post(f"{url}/generate", json={"prompt": "a cat"}, timeout=60)
    answer.raise_for_status()
    return answer


def _model_milliseconds(answer: requests.Response) -> float:
    parts = dict(part.split(";dur=") for part in answer.headers["Server-Timing"].split(", "))
    return float(parts["model"])


@contextmanager
def _service(model: Path) -> Iterator[tuple[str, Path]]:
    """Run all applications in one node; gives their URL."""
    folders = [rendered.REPOSITORY / "images" / name / "src" for name in ("genai", "stable_diffusion")]
    paths = os.pathsep.join(map(str, (rendered.REPOSITORY, *folders)))
    (port,) = ray_node.free_ports(1)
    environment = os.environ | {"PYTHONPATH": paths, "HF_HUB_OFFLINE": "1", "RAY_AUTH_MODE": "disabled"}
    environment["PATH"] = f"{rendered.REPOSITORY}/.venv-workloads/bin:{environment['PATH']}"
    with ray_node.node(environment, "--num-cpus=16", "--num-gpus=8") as node:
        applications = f"{node.dashboard}/api/serve/applications/"
        requests.put(applications, json=_config(model, port), timeout=60).raise_for_status()
        _await(applications)
        yield f"http://127.0.0.1:{port}", model


def _config(model: Path, port: int) -> Any:
    config = copy.deepcopy(SERVING.detail)
    config["http_options"] |= {"host": "127.0.0.1", "port": port}
    (pattern,) = config["applications"]
    config["applications"] = []
    for name, args in _MODELS.items():
        application = copy.deepcopy(pattern)
        application |= {
            "name": name,
            "route_prefix": f"/{name}",
            "import_path": "benchmarks.serving_app:build",
        }
        application["args"] |= {"model_source": str(model), "device": "cpu"} | args
        frontend, copies = application["deployments"]
        frontend |= {"num_replicas": 1}
        copies["autoscaling_config"] |= {"min_replicas": 1, "max_replicas": 1}
        config["applications"].append(application)
    return config


def _await(url: str, longest: float = 400) -> None:
    end = time.monotonic() + longest
    while True:
        found = requests.get(url, timeout=60).json()["applications"]
        states = [each["status"] for each in found.values()]
        if len(states) == len(_MODELS) and set(states) == {"RUNNING"}:
            return
        if "DEPLOY_FAILED" in states or time.monotonic() > end:
            raise TimeoutError(f"the service did not start: {found}")
        time.sleep(1)


if __name__ == "__main__":
    main()
