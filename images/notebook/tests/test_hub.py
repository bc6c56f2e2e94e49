"""The hub of the rendered manifests: its login, the profiles, a server, and the culler that ends it."""

import json
import re
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import requests

import rendered

USER = "alice"
PATIENCE_SECONDS = 240


class Hub:
    """What the fixture `hub` gives (conftest.py)."""

    url: str
    api: str
    folder: Path
    culler_token: str
    path: str


@pytest.fixture(scope="module")
def browser(hub: Hub) -> requests.Session:
    """Log in as a browser does: the hub sends it to the provider, which sends it back."""
    session = requests.Session()
    page = session.get(f"{hub.url}/hub/home", timeout=60)
    assert (page.status_code, page.url) == (200, f"{hub.url}/hub/home"), page.text[-2000:]
    return session


@pytest.fixture(scope="module")
def server(hub: Hub, browser: requests.Session) -> str:
    """Start a server of the profile cpu, from the page. Gives its address."""
    form = {"profile": "cpu", "_xsrf": browser.cookies.get("_xsrf", path="/hub/")}
    answer = browser.post(f"{hub.url}/hub/spawn", data=form, timeout=120)
    assert answer.ok, answer.text[-2000:]
    address = f"{hub.url}/user/{USER}"
    end = time.monotonic() + PATIENCE_SECONDS
    while (page := browser.get(f"{address}/lab", timeout=60)).status_code != 200 or "/lab" not in page.url:
        assert time.monotonic() < end, (hub.folder / "server.log").read_text()[-4000:]
        time.sleep(0.5)
    return address


def test_the_page_offers_the_rendered_profiles(hub: Hub, browser: requests.Session) -> None:
    page = browser.get(f"{hub.url}/hub/spawn", timeout=60)
    settings = rendered.entry("prod", "hub/notebook").detail
    choices = settings["KubeSpawner"]["profile_list"]
    assert [choice["slug"] for choice in choices] == ["cpu", "gpu", "inferentia"]
    for choice in choices:
        assert re.search(rf'value="{choice["slug"]}"', page.text)
        assert choice["display_name"] in page.text
        assert choice["description"] in page.text


def test_the_rendered_command_starts_a_server_that_answers_through_the_proxy(
    browser: requests.Session, server: str
) -> None:
    status = browser.get(f"{server}/api/status", timeout=60)
    assert status.status_code == 200
    assert status.json()["kernels"] == 0
    assert requests.get(f"{server}/api/status", timeout=60).status_code == 403, "strangers are kept out"
    listed = browser.get(f"{server}/api/contents/examples", timeout=60).json()["content"]
    assert {item["name"] for item in listed} >= {"1-prompt-engineering.ipynb", "3-ray-jobs.ipynb"}
    rendered.entry("prod", "hub/notebook").ran()


def test_the_pod_of_the_server_has_what_the_profile_says(hub: Hub, server: str) -> None:
    assert server
    pod: dict[str, Any] = json.loads((hub.folder / "notebook-alice.json").read_text())
    (container,) = pod["spec"]["containers"]
    assert container["args"] == ["jupyterhub-singleuser"]
    assert container["resources"]["requests"] == {
        "cpu": 2,
        "memory": 8 * 1024**3,
        "ephemeral-storage": "10Gi",
    }
    assert container["image"].endswith("/genai-on-eks/notebook:0.1.0")
    assert container["securityContext"]["readOnlyRootFilesystem"] is True
    volumes = {volume["name"]: volume for volume in pod["spec"]["volumes"]}
    assert volumes["home"]["persistentVolumeClaim"] == {"claimName": "home-alice"}
    variables = {item["name"]: item.get("value") for item in container["env"]}
    assert variables["STABLE_DIFFUSION_GPU_URL"] == (
        "http://stable-diffusion-gpu-serve-svc.stable-diffusion.svc:8000"
    )


ASKED = r"GET /hub/api/users\?\S+ \(idle-culler@127\.0\.0\.1\)"
"""Line of the hub's log: a culler asks for the servers."""


@contextmanager
def culler(hub: Hub, environment: str, flags: dict[str, str]) -> Iterator["subprocess.Popen[bytes]"]:
    """Run the rendered culler beside the hub; it counts as run when the block ends well."""
    entry = rendered.entry(environment, "hub/idle-culler")
    port = re.search(r":(\d+)/", hub.api)
    assert port
    variables = {"JUPYTERHUB_API_TOKEN": hub.culler_token, "PATH": hub.path}
    process = subprocess.Popen(
        entry.command({"localhost:8081": f"127.0.0.1:{port[1]}"}, flags), env=entry.environ({}, variables)
    )
    try:
        yield process
    finally:
        process.terminate()
        process.wait(30)
    entry.ran()


def test_a_culler_without_a_greatest_age_leaves_a_server_that_is_used(hub: Hub, server: str) -> None:
    assert server
    log = hub.folder / "log"
    before = len(re.findall(ASKED, log.read_text()))
    with culler(hub, "dev", {"--timeout": "3600", "--cull-every": "1"}) as process:
        end = time.monotonic() + PATIENCE_SECONDS
        while len(re.findall(ASKED, log.read_text())) < before + 2:
            assert process.poll() is None
            assert time.monotonic() < end, "the culler does not ask"
            time.sleep(0.5)
        assert servers(hub)


def test_the_hub_runs_the_culler_and_it_ends_servers_that_are_too_old(hub: Hub, server: str) -> None:
    assert server
    assert re.search(ASKED, (hub.folder / "log").read_text()), "the hub started the rendered command"
    with culler(hub, "prod", {"--timeout": "1", "--max-age": "1", "--cull-every": "1"}) as process:
        end = time.monotonic() + PATIENCE_SECONDS
        while servers(hub):
            assert process.poll() is None
            assert time.monotonic() < end, "the server is still there"
            time.sleep(0.5)


def servers(hub: Hub) -> dict[str, Any]:
    """Ask the hub for the servers that run, with the culler's token."""
    headers = {"Authorization": f"token {hub.culler_token}"}
    (user,) = requests.get(f"{hub.api}/users", headers=headers, timeout=30).json()
    return dict(user["servers"])


def test_the_image_puller_says_that_the_image_is_there() -> None:
    done = rendered.entry("prod", "notebook-image-puller/pull-0").run({})
    assert (done.returncode, done.stdout) == (0, "pulled\n")
