"""The workloads of dev answer: their operators make pods of them, and these run here.

Objects and operators, and the commands, variables, volumes, users and probes of pods are those that are
rendered, or that the operators made of them; DEVIATIONS says what is not.
"""

import sys
from collections.abc import Callable, Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
import requests
import yaml
from PIL import Image as Picture

import tiny_diffusion
from charts_src import ROOT, workspace
from charts_src.objects import Body
from tools.cluster.kubelet import LABEL, Kubelet, start_kubelet
from tools.cluster.nodes import environment_nodes
from tools.cluster.operators import OPERATORS, start_operator
from tools.cluster.plane import Plane
from tools.cluster.plane import plane as running
from tools.cluster.pod_environ import Image
from tools.cluster.tree import install
from tools.cluster.waiting import eventually

ENV = "dev"
APPLICATIONS = (
    *("namespaces", "admission-policies", "prometheus-operator-crds"),
    *("kuberay-crds", "kuberay-operator", "stable-diffusion"),
)
PIPELINE = "/opt/tiny-diffusion"

DEVIATIONS = {
    "model_source": "a pipeline of random weights in the image: there is no network, and 7 GB are too much",
    "device": "cpu: there is no GPU; Ray is told of the one that the pod asks for",
    "HF_HUB_OFFLINE": "there is no network",
    "OMP_NUM_THREADS": "one thread for each process: the machine has few CPUs",
    "RAY_agent_register_timeout_ms": "Ray gives its agents 240 s to start, not 30 s",
    "RAY_raylet_start_wait_time_s": "and its nodes too",
}
"""What differs from the rendered objects and from the images, and why."""


@pytest.fixture(scope="module")
def plane(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Plane]:
    with running(tmp_path_factory.mktemp("answer") / "state") as found:
        for node in environment_nodes(ENV):
            node["metadata"]["labels"] |= LABEL
            found.api.create(node)
        install(found, ENV, applications=APPLICATIONS)
        yield found


@pytest.fixture(scope="module")
def kubelet(plane: Plane) -> Kubelet:
    pipeline = tiny_diffusion.save(plane.folder / "tiny")
    diffusion = image(
        "genai",
        "stable_diffusion",
        RAY_agent_register_timeout_ms="240000",
        RAY_raylet_start_wait_time_s="240",
    )
    images = {"stable-diffusion-serve-gpu": diffusion._replace(files={PIPELINE: str(pipeline)})}
    return start_kubelet(plane, images)


def image(*sources: str, **more: str) -> Image:
    """Give an image of ours: the Python of the tests with its packages, and our own below images/."""
    folders = ":".join(str(ROOT / "images" / each / "src") for each in sources)
    environ = {
        "PYTHONPATH": folders,
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONUNBUFFERED": "1",
        "HF_HUB_OFFLINE": "1",
        "OMP_NUM_THREADS": "1",
    }
    return Image((str(Path(sys.executable).parent),), environ | more)


def rendered(kind: str) -> list[Body]:
    return [body for key, body in workspace.objects(ENV).items() if key.kind == kind]


def becomes(
    plane: Plane, body: Body, check: Callable[[Body], Any], seconds: float, message: Callable[[], str]
) -> Any:
    """Wait until the status of an object passes a check."""
    where = body["apiVersion"], body["kind"], body["metadata"]["name"], body["metadata"]["namespace"]

    def status() -> Body:
        found: Body = (plane.api.get(*where) or {}).get("status", {})
        return found

    return eventually(
        lambda: check(status()), seconds, lambda: f"{where[1:]} has only {status()}\n{message()}"
    )


def is_true(status: Body, kind: str) -> bool:
    return any(each["type"] == kind and each["status"] == "True" for each in status.get("conditions", ()))


def said(plane: Plane, kubelet: Kubelet, namespace: str) -> str:
    """Give what the pods of a namespace are doing, for messages."""
    found = [kubelet.process.tail()]
    for pod in plane.api.list("v1", "Pod", namespace):
        name = pod["metadata"]["name"]
        found.append(f"{name}: {pod['status']}")
        containers = (*pod["spec"].get("initContainers", ()), *pod["spec"]["containers"])
        found += [
            f"{each['name']}: {kubelet.log(namespace, name, each['name'])[-3000:]}" for each in containers
        ]
    return "\n".join(found)


@pytest.fixture(scope="module")
def service(plane: Plane, kubelet: Kubelet) -> Body:
    """Give the RayService, with the tiny pipeline in it, when it is Ready."""
    (found,) = (
        body for body in rendered("RayService") if body["metadata"]["namespace"] == "stable-diffusion"
    )
    name, namespace = found["metadata"]["name"], found["metadata"]["namespace"]
    config = yaml.safe_load(found["spec"]["serveConfigV2"])
    config["applications"][0]["args"] |= {"model_source": PIPELINE, "device": "cpu"}
    patch = {"spec": {"serveConfigV2": yaml.safe_dump(config)}}
    plane.api.merge(found["apiVersion"], "RayService", name, patch, namespace)
    (operator,) = (each for each in OPERATORS if each.deployment == "kuberay-operator")
    process = start_operator(plane, ENV, operator)
    becomes(
        plane,
        found,
        lambda status: is_true(status, "Ready"),
        240,
        lambda: f"{process.tail()}\n{said(plane, kubelet, namespace)}",
    )
    return found


def addresses(plane: Plane, namespace: str, service: str) -> list[str]:
    """Give where the ready pods of a Service answer."""
    slices = plane.api.list(
        "discovery.k8s.io/v1", "EndpointSlice", namespace, f"kubernetes.io/service-name={service}"
    )
    return [
        f"{address}:{each['ports'][0]['port']}"
        for each in slices
        for endpoint in each.get("endpoints") or ()
        if endpoint["conditions"]["ready"]
        for address in endpoint["addresses"]
    ]


def test_a_prompt_sent_to_the_ray_service_gives_a_picture(plane: Plane, service: Body) -> None:
    metadata = service["metadata"]
    (address,) = addresses(plane, metadata["namespace"], f"{metadata['name']}-serve-svc")
    with requests.Session() as session:
        session.trust_env = False
        answer = session.post(f"http://{address}/generate", json={"prompt": "a cat", "steps": 2}, timeout=60)
    assert answer.headers["content-type"] == "image/png", answer.text
    with Picture.open(BytesIO(answer.content)) as picture:
        assert (picture.format, picture.size) == ("PNG", (tiny_diffusion.SIDE, tiny_diffusion.SIDE))
