"""The starter notebooks, run as a user runs them, against stand-ins of the services and a Ray of its own."""

import io
import json
import os
import random
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import nbformat
import pytest
import requests
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError
from PIL import Image

import rendered
from notebook_start import copy_examples

FOLDER = Path(__file__).parents[1] / "notebooks"
NAMES = sorted(path.name for path in FOLDER.glob("*.ipynb"))
TOKEN = "a-token-of-the-shared-cluster"  # noqa: S105
PATIENCE_SECONDS = 240


class Services(BaseHTTPRequestHandler):
    """Stable Diffusion and the language model, as far as their contracts go."""

    tries = 0

    def do_GET(self) -> None:
        assert self.path == "/v1/models"
        self._answer("application/json", json.dumps({"data": [{"id": "tiny", "object": "model"}]}).encode())

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if self.path == "/generate":
            self._answer("image/png", picture(**body))
        else:
            assert (self.path, body["model"]) == ("/v1/chat/completions", "tiny")
            assert {message["role"] for message in body["messages"]} <= {"system", "user", "assistant"}
            message = {"role": "assistant", "content": self._reply(body["messages"])}
            self._answer("application/json", json.dumps({"choices": [{"message": message}]}).encode())

    def _reply(self, messages: list[dict[str, str]]) -> str:
        """Give JSON that lacks a key at first, as models do."""
        if "JSON" not in messages[0]["content"]:
            return "compute"
        Services.tries += 1
        whole = {"name": "Hot Rack", "slogan": "Bread, served."}
        return json.dumps(whole if Services.tries > 1 else {"name": "Hot Rack"})

    def _answer(self, kind: str, data: bytes) -> None:
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


def picture(prompt: str, seed: int, guidance: float = 5.0) -> bytes:
    """Draw noise that what was asked for decides."""
    noise = random.Random(f"{prompt} {seed} {guidance}").randbytes(16 * 16 * 3)
    file = io.BytesIO()
    Image.frombytes("RGB", (16, 16), noise).save(file, "PNG")
    return file.getvalue()


@pytest.fixture(scope="module")
def services() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Services)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()


def run(name: str, folder: Path, variables: dict[str, str]) -> list[str]:
    """Run a notebook in `folder`; an error in a cell fails the test. Gives what its code cells answered."""
    notebook = nbformat.read(FOLDER / name, as_version=4)
    names = ("LLM_URL", "STABLE_DIFFUSION_GPU_URL", "RAY_ADDRESS", "RAY_API_SERVER_ADDRESS")
    environment = {name: value for name, value in os.environ.items() if name not in names} | variables
    client = NotebookClient(notebook, timeout=PATIENCE_SECONDS, resources={"metadata": {"path": str(folder)}})
    client.execute(env=environment)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    return ["".join(_text(output) for output in cell.outputs) for cell in code]


def run_with_ray(name: str, folder: Path, variables: dict[str, str]) -> list[str]:
    """Run a notebook that starts Ray, which gives its raylet 30 seconds: too short on a busy machine."""
    for _ in range(2):
        try:
            return run(name, folder, variables)
        except CellExecutionError as error:
            if "The current node timed out during startup" not in str(error):
                raise
    return run(name, folder, variables)


def _text(output: Any) -> str:
    return str(output.get("text") or output.get("data", {}).get("text/plain", ""))


@pytest.mark.parametrize("name", NAMES)
def test_a_starter_notebook_is_clean_and_says_what_it_does(name: str) -> None:
    notebook = nbformat.read(FOLDER / name, as_version=4)
    assert notebook.cells[0].cell_type == "markdown"
    assert notebook.cells[0].source.startswith("# ")
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert all(not cell.outputs and cell.execution_count is None for cell in code)


def test_prompts_are_answered_and_unusable_json_is_asked_for_again(services: str, tmp_path: Path) -> None:
    answers = run("1-prompt-engineering.ipynb", tmp_path, {"LLM_URL": services})
    assert answers[0] == "'tiny'"
    assert "'compute'" in answers[3]
    assert "Bread, served." in answers[4]
    assert Services.tries == 2


def test_pictures_come_out_the_same_for_one_seed(services: str, tmp_path: Path) -> None:
    answers = run("2-stable-diffusion.ipynb", tmp_path, {"STABLE_DIFFUSION_GPU_URL": services})
    assert answers[2] == "True"
    assert Image.open(tmp_path / "guidance.png").size == (48, 16)


def test_data_is_explored_in_the_notebook_itself(tmp_path: Path) -> None:
    shared = {"RAY_ADDRESS": "ray://127.0.0.1:1", "RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN": TOKEN}
    answers = run_with_ray("4-explore-data.ipynb", tmp_path, shared)
    assert answers[1].endswith("1000")
    assert "325 of 1000 documents have more than 30 words" in answers[-1]


@pytest.fixture(scope="module")
def ray_head() -> Iterator[dict[str, str]]:
    """Start a cluster that asks for a token, as the shared one does. Gives a client's variables."""
    with ExitStack() as stack:
        # Ray's sockets need a short path.
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="ray-", ignore_cleanup_errors=True))
        sockets = [stack.enter_context(socket.socket()) for _ in range(3)]
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        port, dashboard, client = (one.getsockname()[1] for one in sockets)
        for one in sockets:
            one.close()
        settings = rendered.entry("prod", "hub/notebook").detail["KubeSpawner"]["environment"]
        variables = {
            "RAY_ADDRESS": f"ray://127.0.0.1:{client}",
            "RAY_API_SERVER_ADDRESS": f"http://127.0.0.1:{dashboard}",
            "RAY_AUTH_MODE": settings["RAY_AUTH_MODE"],
            "RAY_AUTH_TOKEN": TOKEN,
        }
        assert variables.keys() <= settings.keys(), "the hub gives notebooks these"
        words = [str(Path(sys.executable).with_name("ray")), "start", "--head", "--block", "--num-cpus=2"]
        words += [f"--port={port}", f"--dashboard-port={dashboard}", f"--ray-client-server-port={client}"]
        words += ["--node-ip-address=127.0.0.1", "--disable-usage-stats", f"--temp-dir={folder}"]
        own = os.environ | {"RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN": TOKEN, "RAY_worker_niceness": "0"}
        # As in the image of the cluster, `python` is the one that has Ray.
        own["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{own['PATH']}"
        end = time.monotonic() + PATIENCE_SECONDS
        process = None
        while not _takes_jobs(variables["RAY_API_SERVER_ADDRESS"]):
            # Ray gives its raylet 30 seconds and ends; on a busy machine that may be too short.
            if process is None or process.poll() is not None:
                process = subprocess.Popen(
                    words,
                    env=own,
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.DEVNULL,
                    start_new_session=True,
                )
                stack.callback(_end, process)
            assert time.monotonic() < end, "Ray takes no jobs"
            time.sleep(0.5)
        yield variables


def _takes_jobs(url: str) -> bool:
    """Submit a job that does nothing; until the agent of a node is there, Ray refuses it."""
    headers = {"Authorization": f"Bearer {TOKEN}"}
    try:
        answer = requests.post(f"{url}/api/jobs/", headers=headers, json={"entrypoint": "true"}, timeout=60)
        return bool(answer.ok)
    except requests.ConnectionError:
        return False


def _end(process: "subprocess.Popen[bytes]") -> None:
    process.terminate()
    try:
        process.wait(30)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait(30)


def test_a_job_runs_on_the_shared_cluster_and_its_output_comes_back(
    ray_head: dict[str, str], tmp_path: Path
) -> None:
    answers = run("3-ray-jobs.ipynb", tmp_path, ray_head)
    assert "pi is about 3.1" in answers[-1]


def test_starter_notebooks_do_not_overwrite_what_a_user_made_of_them(tmp_path: Path) -> None:
    home = tmp_path / "examples"
    home.mkdir()
    (home / NAMES[0]).write_text("my own")
    copy_examples(FOLDER, home)
    assert (home / NAMES[0]).read_text() == "my own"
    assert sorted(path.name for path in home.iterdir()) == NAMES


def test_a_home_that_cannot_be_written_gets_a_warning(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "file").write_text("")
    copy_examples(FOLDER, tmp_path / "file" / "examples")
    assert "no starter notebooks in" in caplog.text
