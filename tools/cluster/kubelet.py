"""A small kubelet: pods of nodes with the label genai-on-eks/runs: locally run as processes of this machine.

Each container runs its own command with its own variables, volumes, user and probes, in the network of its
pod (tools/cluster/containers.py, images/testing/src/pods.py). What its image holds is taken from this
machine, by a table. What else differs from a node is in DEVIATIONS.
"""

import json
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from http import HTTPStatus
from pathlib import Path
from typing import Any, NamedTuple

from charts_src.errors import UserError
from charts_src.objects import Body
from tools.cluster.api import Api
from tools.cluster.local_pods import LocalPod, Machine
from tools.cluster.plane import Plane
from tools.cluster.pod_environ import Image
from tools.cluster.pod_names import known
from tools.cluster.pod_network import PodNetwork
from tools.cluster.processes import Process
from tools.cluster.responses import Refused

LABEL = {"genai-on-eks/runs": "locally"}
"""Label of the nodes whose pods run here."""

DEVIATIONS = {
    "images": "no image is pulled: a container sees this machine's files, and of its image what a table says",
    "cluster IPs": "no kube-proxy runs: the name of a Service leads to its ready pods, on their own ports",
    "limits": "no cgroups: requests and limits decide where a pod goes, not what it gets",
    "restarts": "a container starts again after 0, 1, 2 ... 10 s, not 0, 10, 20 ... 300 s",
    "network policies": "all pods reach one another",
    "probes": "httpGet by https, and grpc, are not known: such a probe never succeeds",
    "claims": "every claim is a folder of this machine; what is in it the test has put there",
}
"""What differs from a node, and why."""

_PAUSE, _LONG_PAUSE = 0.5, 1.0


class Kubelet(NamedTuple):
    """A kubelet that runs."""

    process: Process
    folder: Path

    def log(self, namespace: str, pod: str, container: str) -> str:
        """Give what a container has written; nothing when it has not started."""
        path = self.folder / "logs" / namespace / pod / f"{container}.log"
        return path.read_text(encoding="utf-8", errors="replace") if path.exists() else ""

    def claim(self, namespace: str, name: str) -> Path:
        """Give the folder of a PersistentVolumeClaim."""
        path = self.folder / "claims" / namespace / name
        path.mkdir(parents=True, exist_ok=True)
        return path


def start_kubelet(plane: Plane, images: Mapping[str, Image]) -> Kubelet:
    """Start a kubelet for all nodes with the label; it ends with the plane, and its pods with it.

    `images` says by the end of an image's repository what it stands for. Raises UserError for one whose
    programs are below /tmp: pods have another.
    """
    for place in (each for image in images.values() for each in image.path):
        if Path(place).is_relative_to("/tmp"):  # noqa: S108
            raise UserError(
                f"{place}: pods have a /tmp of their own, which hides it; put the repository elsewhere"
            )
    folder = plane.folder / "kubelet"
    folder.mkdir()
    settings = {
        "url": plane.api.url,
        "token": plane.api.token,
        "authority": str(plane.api.authority),
        "operators": str(plane.folder / "operators"),
        "images": {name: image._asdict() for name, image in images.items()},
    }
    path = folder / "settings.json"
    path.touch(mode=0o600)
    path.write_text(json.dumps(settings), encoding="utf-8")
    root = Path(__file__).resolve().parents[2]
    process = plane.processes.start(
        "kubelet",
        *(sys.executable, "-m", "tools.cluster.kubelet", str(path)),
        environ={"PYTHONPATH": f"{root}:{root / 'images/testing/src'}", "PYTHONUNBUFFERED": "1"},
        cwd=root,
        grace=0,
    )
    return Kubelet(process, folder)


class _Loop:
    """Looks at the pods of its nodes again and again."""

    def __init__(self, machine: Machine, operators: Path) -> None:
        self._machine, self._operators = machine, operators
        self._pods: dict[str, LocalPod] = {}
        self._told: dict[str, Body] = {}
        self._nodes: set[str] = set()
        self._next_look = 0.0
        self._over: set[str] = set()
        """Pods that have ended, also when the API server still shows them as they were."""

    def tick(self) -> None:
        """Do one round."""
        if time.monotonic() >= self._next_look:
            self._look()
        found = {
            pod["metadata"]["uid"]: pod
            for pod in self._list("v1", "Pod")
            if pod["spec"].get("nodeName") in self._nodes
        }
        for uid in [uid for uid in self._pods if uid not in found]:
            self._forget(uid)
        for uid, pod in found.items():
            self._one(uid, pod)

    def _look(self) -> None:
        """See what changes less often than pods: nodes and Services."""
        self._next_look = time.monotonic() + _LONG_PAUSE
        selector = ",".join(f"{key}={value}" for key, value in LABEL.items())
        self._nodes = {node["metadata"]["name"] for node in self._list("v1", "Node", selector)}
        self._machine.network.names.learn(known(self._list("discovery.k8s.io/v1", "EndpointSlice")))
        self._tell_operators()

    def _list(self, version: str, kind: str, labels: str = "") -> list[Body]:
        """List what the API server has in its cache, which is cheap, and a little old now and then."""
        api = self._machine.api
        given = {"labelSelector": labels, "resourceVersion": "0"}
        items: list[Body] = api.request("GET", api.path(version, kind), given).json()["items"]
        return items

    def _one(self, uid: str, pod: Body) -> None:
        if uid in self._over or (uid not in self._pods and pod["status"]["phase"] in ("Succeeded", "Failed")):
            self._finish(pod)
            return
        if uid not in self._pods:
            self._pods[uid] = LocalPod(self._machine, pod)
        local = self._pods[uid]
        status = local.tick(pod)
        if status != self._told.get(uid):
            self._write(pod, status)
            self._told[uid] = status
        if local.gone or local.over:
            self._over.add(uid)
            self._forget(uid)
            self._finish(pod)

    def _write(self, pod: Body, status: Body) -> None:
        metadata = pod["metadata"]
        patch = {"metadata": {"uid": metadata["uid"]}, "status": status}
        with _if_there():
            self._machine.api.merge("v1", "Pod", metadata["name"], patch, metadata["namespace"], "status")

    def _finish(self, pod: Body) -> None:
        """Remove a pod that is to go and of which nothing runs."""
        metadata = pod["metadata"]
        if not metadata.get("deletionTimestamp"):
            return
        wanted = {"gracePeriodSeconds": 0, "preconditions": {"uid": metadata["uid"]}}
        api = self._machine.api
        with _if_there():
            path = api.path("v1", "Pod", metadata["namespace"], metadata["name"])
            api.request("DELETE", path, body=wanted)

    def _forget(self, uid: str) -> None:
        self._pods.pop(uid).remove()
        self._told.pop(uid, None)

    def _tell_operators(self) -> None:
        """Let the operators, which run in roots of their own on this machine, know the names of pods."""
        for path in self._operators.glob("*/etc"):
            (path / "resolv.conf").write_text(self._machine.network.outer_resolver, encoding="utf-8")


@contextmanager
def _if_there() -> Iterator[None]:
    """Leave it when a pod is gone, or is another one by now."""
    try:
        yield
    except Refused as error:
        if error.status not in (HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT):
            raise


def _image(fields: dict[str, Any]) -> Image:
    given: dict[str, Any] = {
        key: tuple(value) if isinstance(value, list) else value for key, value in fields.items()
    }
    return Image(**given)


def main(path: Path) -> None:
    """Run until killed."""
    settings = json.loads(path.read_text(encoding="utf-8"))
    api = Api(settings["url"], settings["token"], Path(settings["authority"]))
    images = {name: _image(each) for name, each in settings["images"].items()}
    with ExitStack() as stack:
        port = int(settings["url"].rpartition(":")[2])
        network = PodNetwork(path.parent / "network", port, stack)
        loop = _Loop(Machine(api, network, path.parent, images), Path(settings["operators"]))
        while True:
            with suppress(ConnectionError):  # the API server may be away for a while
                loop.tick()
            time.sleep(_PAUSE)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
