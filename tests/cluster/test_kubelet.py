"""Pods of a node with the label genai-on-eks/runs: locally run here, as processes that answer."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from charts_src.errors import UserError
from charts_src.objects import Body
from tests.cluster.running import becomes
from tools.cluster.kubelet import LABEL, Kubelet, start_kubelet
from tools.cluster.nodes import node
from tools.cluster.plane import Plane
from tools.cluster.plane import plane as running
from tools.cluster.pod_environ import Image, expanded, image_of
from tools.cluster.pod_names import answer, known
from tools.cluster.waiting import eventually

IMAGE = "registry.example/tests/python:3"
SERVE = (
    'cd /pages && echo "$GREETING, $NAME" > /own/said && exec python -m http.server --bind "$ADDRESS" 8080'
)
SECURE = {
    "allowPrivilegeEscalation": False,
    "capabilities": {"drop": ["ALL"]},
    "readOnlyRootFilesystem": True,
}


@pytest.fixture(scope="module")
def plane(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Plane]:
    with running(tmp_path_factory.mktemp("kubelet") / "state", local=True) as found:
        found.api.create(node("here", LABEL, (), {"cpu": "8", "memory": "16Gi", "pods": "50"}))
        yield found


@pytest.fixture(scope="module")
def kubelet(plane: Plane) -> Kubelet:
    return start_kubelet(plane, {"tests/python": Image((str(Path(sys.executable).parent),))})


def pod(name: str, *containers: Body, **spec: Any) -> Body:
    whole = [{"name": "main", "image": IMAGE, "securityContext": SECURE, **each} for each in containers]
    fast = {"automountServiceAccountToken": False, "terminationGracePeriodSeconds": 5}
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "namespace": "default", "labels": {"app": name}},
        "spec": {**fast, "containers": whole, **spec},
    }


def shell(script: str, **more: Any) -> Body:
    return {"command": ["/bin/sh", "-c", script], **more}


def pod_becomes(
    plane: Plane, name: str, check: Callable[[Body], Any], kubelet: Kubelet, seconds: float = 30
) -> Any:
    def message() -> str:
        return f"{kubelet.log('default', name, 'main')}\n{kubelet.process.tail()}"

    return becomes(plane, pod(name), check, seconds, message)


def is_ready(status: Body) -> bool:
    return any(each["type"] == "Ready" and each["status"] == "True" for each in status.get("conditions", ()))


def main(status: Body) -> Body:
    found: list[Body] = status.get("containerStatuses") or [{}]
    return found[0]


def ended(status: Body) -> Any:
    return main(status).get("state", {}).get("terminated")


def test_a_pod_with_files_and_variables_gets_ready_and_answers_on_its_own_address(
    plane: Plane, kubelet: Kubelet
) -> None:
    api = plane.api
    for kind, name, data in (
        ("ConfigMap", "pages", {"page": "here I am"}),
        ("Secret", "hidden", {"n": "Ann"}),
    ):
        field = "data" if kind == "ConfigMap" else "stringData"
        api.create(
            {
                "apiVersion": "v1",
                "kind": kind,
                "metadata": {"name": name, "namespace": "default"},
                field: data,
            }
        )
    server = shell(
        SERVE,
        env=[
            {"name": "GREETING", "value": "hello"},
            {"name": "NAME", "valueFrom": {"secretKeyRef": {"name": "hidden", "key": "n"}}},
            {"name": "ADDRESS", "valueFrom": {"fieldRef": {"fieldPath": "status.podIP"}}},
        ],
        ports=[{"name": "http", "containerPort": 8080}],
        readinessProbe={"httpGet": {"path": "/page", "port": "http"}, "periodSeconds": 1},
        volumeMounts=[
            {"name": "pages", "mountPath": "/pages", "readOnly": True},
            {"name": "own", "mountPath": "/own"},
        ],
    )
    volumes = [{"name": "pages", "configMap": {"name": "pages"}}, {"name": "own", "emptyDir": {}}]
    context = {"runAsUser": 1000, "runAsGroup": 1000, "fsGroup": 1000, "runAsNonRoot": True}
    api.create(pod("server", server, volumes=volumes, securityContext=context))
    address = pod_becomes(plane, "server", lambda status: is_ready(status) and status["podIP"], kubelet)
    with requests.Session() as session:
        session.trust_env = False
        assert session.get(f"http://{address}:8080/page", timeout=5).text == "here I am"
    (said,) = (kubelet.folder / "pods").glob("*/volumes/own/said")
    assert said.read_text() == "hello, Ann\n"
    assert said.stat().st_uid == 1000


def test_another_pod_reaches_it_by_the_name_of_its_service(plane: Plane, kubelet: Kubelet) -> None:
    ports = [{"name": "http", "port": 8080, "targetPort": "http"}]
    plane.api.create(
        {
            "apiVersion": "v1",
            "kind": "Service",
            "metadata": {"name": "web", "namespace": "default"},
            "spec": {"clusterIP": "None", "selector": {"app": "server"}, "ports": ports},
        }
    )
    ask = "import urllib.request as u; print(u.urlopen('http://web.default.svc:8080/page').read())"
    script = f'until python -c "{ask}"; do sleep 0.2; done'
    plane.api.create(pod("asks", shell(script), restartPolicy="Never"))
    pod_becomes(plane, "asks", lambda status: status.get("phase") == "Succeeded", kubelet)
    assert kubelet.log("default", "asks", "main").splitlines()[-1] == "b'here I am'"


def test_a_pod_asks_the_api_server_with_its_own_token(plane: Plane, kubelet: Kubelet) -> None:
    ask = """
import os, ssl, urllib.request as u
folder = "/var/run/secrets/kubernetes.io/serviceaccount"
token = open(f"{folder}/token").read()
host, port = os.environ["KUBERNETES_SERVICE_HOST"], os.environ["KUBERNETES_SERVICE_PORT"]
request = u.Request(f"https://{host}:{port}/api/v1/namespaces/default/pods")
request.add_header("Authorization", f"Bearer {token}")
try:
    u.urlopen(request, context=ssl.create_default_context(cafile=f"{folder}/ca.crt"))
except u.HTTPError as error:
    print(error.code, error.read().decode())
"""
    wants = {"restartPolicy": "Never", "automountServiceAccountToken": True}
    plane.api.create(pod("token", {"command": ["python", "-c", ask]}, **wants))
    pod_becomes(plane, "token", lambda status: status.get("phase") == "Succeeded", kubelet)
    said = kubelet.log("default", "token", "main")
    assert said.startswith("403 ")
    assert 'User \\"system:serviceaccount:default:default\\" cannot list resource' in said


def test_a_pod_that_fails_shows_its_exit_code_and_starts_again(plane: Plane, kubelet: Kubelet) -> None:
    plane.api.create(pod("fails", shell("echo once; exit 7")))
    found = pod_becomes(
        plane, "fails", lambda status: main(status).get("restartCount", 0) >= 2 and main(status), kubelet
    )
    assert found["lastState"]["terminated"]["exitCode"] == 7
    found = pod_becomes(plane, "fails", lambda status: ended(status) and main(status), kubelet)
    assert found["ready"] is False
    assert kubelet.log("default", "fails", "main").count("once\n") >= 3


def test_a_pod_that_is_not_to_start_again_has_failed(plane: Plane, kubelet: Kubelet) -> None:
    # The first process of a container ignores what it sends to itself, so its child does it. Kubernetes reads
    # $$ as $.
    plane.api.create(pod("killed", shell("sh -c 'kill -9 $$$$'; exit $?"), restartPolicy="Never"))
    status = pod_becomes(plane, "killed", lambda status: ended(status) and status, kubelet)
    assert (status["phase"], ended(status)["exitCode"]) == ("Failed", 137)


def test_init_containers_come_first_and_in_order(plane: Plane, kubelet: Kubelet) -> None:
    share = {"volumeMounts": [{"name": "own", "mountPath": "/own"}], "image": IMAGE}
    first = {"name": "first", **share, **shell("sleep 0.5; echo 1 >> /own/order")}
    second = {"name": "second", **share, **shell("echo 2 >> /own/order")}
    third = {**share, **shell("echo 3 >> /own/order; cat /own/order")}
    more = {"volumes": [{"name": "own", "emptyDir": {}}], "restartPolicy": "Never"}
    plane.api.create(pod("ordered", third, initContainers=[first, second], **more))
    status = pod_becomes(plane, "ordered", lambda status: ended(status) and status, kubelet)
    assert kubelet.log("default", "ordered", "main") == "1\n2\n3\n"
    assert [each["ready"] for each in status["initContainerStatuses"]] == [True, True]


def test_a_probe_takes_a_pod_out_of_service_and_another_one_starts_it_again(
    plane: Plane, kubelet: Kubelet
) -> None:
    ready = {"exec": {"command": ["test", "-e", "/own/ready"]}, "periodSeconds": 1, "failureThreshold": 1}
    alive = {"exec": {"command": ["test", "!", "-e", "/own/dead"]}, "periodSeconds": 1, "failureThreshold": 1}
    mounts = [{"name": "own", "mountPath": "/own"}]
    waits = shell(
        "trap 'exit 0' TERM; touch /own/ready; while :; do sleep 0.1; done",
        readinessProbe=ready,
        livenessProbe=alive,
        volumeMounts=mounts,
    )
    made = plane.api.create(pod("probed", waits, volumes=[{"name": "own", "emptyDir": {}}]))
    own = kubelet.folder / "pods" / made["metadata"]["uid"] / "volumes/own"
    pod_becomes(plane, "probed", is_ready, kubelet)
    (own / "ready").unlink()
    pod_becomes(plane, "probed", lambda status: not is_ready(status), kubelet)
    (own / "dead").touch()
    pod_becomes(plane, "probed", lambda status: main(status)["restartCount"] == 1, kubelet)
    (own / "dead").unlink()
    pod_becomes(plane, "probed", is_ready, kubelet)


def test_what_is_missing_is_said_and_waited_for(plane: Plane, kubelet: Kubelet) -> None:
    late = shell("env", envFrom=[{"configMapRef": {"name": "late"}}])
    plane.api.create(pod("waits", late, restartPolicy="Never"))

    def waiting(status: Body) -> Any:
        return main(status).get("state", {}).get("waiting", {}).get("message")

    assert pod_becomes(plane, "waits", waiting, kubelet) == "configmap 'late' not found"
    plane.api.create(
        {
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": {"name": "late", "namespace": "default"},
            "data": {"CAME": "late"},
        }
    )
    pod_becomes(plane, "waits", lambda status: status.get("phase") == "Succeeded", kubelet)
    assert "CAME=late" in kubelet.log("default", "waits", "main").splitlines()
    plane.api.create(pod("foreign", {"image": "registry.example/tests/other:1", "command": ["true"]}))
    said = pod_becomes(plane, "foreign", waiting, kubelet)
    assert said == "the image registry.example/tests/other:1 stands for nothing on this machine"


def test_a_job_succeeds(plane: Plane, kubelet: Kubelet) -> None:
    template = pod("job", shell("echo done"), restartPolicy="Never")
    plane.api.create(
        {
            "apiVersion": "batch/v1",
            "kind": "Job",
            "metadata": {"name": "job", "namespace": "default"},
            "spec": {"template": {"spec": template["spec"]}},
        }
    )

    def succeeded() -> bool:
        found = plane.api.get("batch/v1", "Job", "job", "default") or {}
        return bool(found.get("status", {}).get("succeeded") == 1)

    eventually(succeeded, 30, kubelet.process.tail)


def test_a_pod_that_is_deleted_may_end_in_peace_and_then_its_processes_are_gone(
    plane: Plane, kubelet: Kubelet
) -> None:
    hook = {"preStop": {"exec": {"command": ["touch", "/own/hook"]}}}
    script = "trap 'ls /own; exit 0' TERM; echo begun; while :; do sleep 0.1; done"
    mounts = [{"name": "own", "mountPath": "/own"}]
    kind = shell(script, lifecycle=hook, volumeMounts=mounts)
    plane.api.create(pod("kind", kind, volumes=[{"name": "own", "emptyDir": {}}]))
    plane.api.create(pod("stubborn", shell("trap '' TERM; echo begun; while :; do sleep 987654; done")))
    for name in ("kind", "stubborn"):
        pod_becomes(plane, name, is_ready, kubelet)
        eventually(lambda name=name: kubelet.log("default", name, "main"), 10, "nothing was said")  # type: ignore[misc]
        plane.api.delete("v1", "Pod", name, "default")
    assert plane.api.get("v1", "Pod", "stubborn", "default") is not None
    assert "987654" in commands()
    for name in ("kind", "stubborn"):
        eventually(
            lambda name=name: plane.api.get("v1", "Pod", name, "default") is None,  # type: ignore[misc]
            20,
            kubelet.process.tail,
        )
    assert kubelet.log("default", "kind", "main") == "begun\nhook\n"
    eventually(lambda: "987654" not in commands(), 5, "a process of a deleted pod still runs")


def commands() -> str:
    """Give the command lines of all processes of this machine."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            found.append(path.read_bytes().replace(b"\0", b" ").decode(errors="replace"))
        except OSError:
            continue
    return "\n".join(found)


def test_the_kubelet_has_not_ended(kubelet: Kubelet) -> None:
    assert kubelet.process.alive(), kubelet.process.tail()


def test_programs_below_tmp_are_refused_as_no_pod_would_see_them(plane: Plane) -> None:
    with pytest.raises(UserError, match="bin: pods have a /tmp of their own"):
        start_kubelet(plane, {"tests/python": Image(("/tmp/clone/bin",))})  # noqa: S108


def test_variables_are_put_into_commands_as_kubernetes_does() -> None:
    assert expanded("$(A) $$(A) $(B) $A", {"A": "1"}) == "1 $(A) $(B) $A"


def test_an_image_is_found_by_the_end_of_its_repository() -> None:
    images = {"tests/python": Image(user=1), "on": Image(user=2)}
    assert image_of(images, "registry.example:5000/tests/python:3@sha256:00") == Image(user=1)
    assert image_of(images, "registry.example/python") is None


QUESTION = b"\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\x03Web\x01a\x03svc\x07cluster\x05local\x00"


def test_a_name_is_answered_with_its_addresses() -> None:
    endpoints = [{"addresses": ["10.1.2.3"], "hostname": "one"}, {"addresses": ["10.1.2.4"]}]
    late = {"addresses": ["10.1.2.5"], "conditions": {"ready": False}}
    labels = {"kubernetes.io/service-name": "web"}
    found = known([{"metadata": {"namespace": "a", "labels": labels}, "endpoints": [*endpoints, late]}])
    assert found == {
        "web.a.svc.cluster.local": ["10.1.2.3", "10.1.2.4"],
        "one.web.a.svc.cluster.local": ["10.1.2.3"],
    }
    said = answer(QUESTION + b"\x00\x01\x00\x01", found)
    assert said[:8] == b"\x12\x34\x85\x80\x00\x01\x00\x02"
    assert said.endswith(b"\xc0\x0c\x00\x01\x00\x01\x00\x00\x00\x01\x00\x04\x0a\x01\x02\x04")
    other_kind = answer(QUESTION + b"\x00\x1c\x00\x01", found)
    assert other_kind[:8] == b"\x12\x34\x85\x80\x00\x01\x00\x00"
    unknown = answer(QUESTION + b"\x00\x01\x00\x01", {})
    assert unknown[:8] == b"\x12\x34\x85\x83\x00\x01\x00\x00"


def test_an_agent_of_ray_tells_its_port_before_it_has_imported_anything(tmp_path: Path) -> None:
    agent = tmp_path / "dashboard/agent.py"
    agent.parent.mkdir()
    agent.touch()
    flags = (f"--session-dir={tmp_path}", "--node-id=1", "--listen-port=52365", "--grpc-port=0")
    environ = {"PYTHONPATH": str(Path(__file__).with_name("patience"))}
    subprocess.run([sys.executable, agent, *flags], env=environ, check=True)
    told = {path.name: path.read_text() for path in tmp_path.iterdir() if path.is_file()}
    assert told == {"dashboard_agent_listen_port_1": "52365"}
