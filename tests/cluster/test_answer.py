"""The workloads of dev answer: their operators make pods of them, and these run here.

Objects and operators, and the commands, variables, volumes, users and probes of pods are those that are
rendered, or that the operators made of them; DEVIATIONS says what is not.
"""

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager, suppress
from copy import deepcopy
from io import BytesIO
from pathlib import Path

import pytest
import requests
import yaml
from PIL import Image as Picture

import texts
from charts_src.objects import Body
from tests.cluster import our_images
from tests.cluster.definitions import Defined
from tests.cluster.pretraining import mpi_job, step_pod
from tests.cluster.running import becomes
from tools.cluster.kubelet import LABEL, Kubelet, start_kubelet
from tools.cluster.nodes import environment_nodes
from tools.cluster.operators import OPERATORS, start_operator
from tools.cluster.plane import Plane
from tools.cluster.plane import plane as running
from tools.cluster.pod_environ import Image
from tools.cluster.processes import Process
from tools.cluster.tree import Wave, install, rendered, tree
from tools.cluster.waiting import eventually

ENV = "dev"
APPLICATIONS = (
    *("namespaces", "admission-policies", "storage", "prometheus-operator-crds", "argo-workflows-crds"),
    *("kuberay-crds", "kuberay-operator", "stable-diffusion"),
    *("mpi-operator-crds", "mpi-operator", "training-workflows"),
)
PIPELINE = "/opt/tiny-diffusion"
LLAMA = "tiny-llama"
HEAD_ACCOUNT = ":stable-diffusion:stable-diffusion-gpu-head"
PATIENCE = Path(__file__).with_name("patience")
AGENTS = {"dashboard-agent-grpc-port": "52366", "runtime-env-agent-port": "52367"}

DEVIATIONS = {
    "model_source": "a pipeline of random weights in the image: there is no network, and 7 GB are too much",
    "device": "cpu: there is no GPU; Ray is told of the one that the pod asks for",
    "accelerator": "none: there is no Neuron device either",
    "patience/sitecustomize.py": "Ray gives its agents 15 s to start, too short where much else runs",
    "rayStartParams": "the ports of these agents are given, as that file needs it",
    "RAY_agent_register_timeout_ms": "Ray gives its agents 240 s to register, not 30 s",
    "RAY_worker_niceness": "Ray makes its workers nice, which then wait for all else on this machine",
    **our_images.DEVIATIONS,
}
"""What differs from the rendered objects and from the images, and why.

The parameters of the training are such as a person may give: a text and a tokenizer made here, short samples.
"""


def only(applications: Collection[str]) -> Iterator[Wave]:
    """Read the objects of some Applications, in their order."""
    return (wave for wave in tree(ENV) if wave.application in applications)


@pytest.fixture(scope="module")
def plane(definitions: Defined, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Plane]:
    folder = tmp_path_factory.mktemp("answer") / "state"
    with first_on_cpus(), running(folder, local=True, before=definitions.folder) as found:
        for node in environment_nodes(ENV):
            node["metadata"]["labels"] |= LABEL
            found.api.create(node)
        install(found, only(APPLICATIONS), definitions.bodies)
        yield found


@contextmanager
def first_on_cpus() -> Iterator[None]:
    """Have what starts here go before other tests: of all they wait longest, each process for another one."""
    before = os.getpriority(os.PRIO_PROCESS, 0)
    with suppress(PermissionError):  # it takes longer then, and no more
        os.setpriority(os.PRIO_PROCESS, 0, before - 10)
    try:
        yield
    finally:
        os.setpriority(os.PRIO_PROCESS, 0, before)


@pytest.fixture(scope="module")
def kubelet(plane: Plane) -> Kubelet:
    save({"tiny_diffusion.save": plane.folder / "tiny", "tiny_llm.save_llama": plane.folder / LLAMA})
    pipeline = plane.folder / "tiny" / "pipeline"
    images = {
        "stable-diffusion-serve-gpu": of_ray("stable_diffusion")._replace(files={PIPELINE: str(pipeline)}),
        "ray-train-neuron": of_ray("ray", "stable_diffusion"),
        "llama2-train-cpu": our_images.image_with_packages(plane.folder / "python", "genai", "llama2"),
    }
    images["tensorboard"] = our_images.image()
    return start_kubelet(plane, images)


def of_ray(*sources: str) -> Image:
    """Give an image of ours with Ray and these packages."""
    settings = {"RAY_agent_register_timeout_ms": "240000", "RAY_worker_niceness": "0"}
    return our_images.image("genai", *sources, first=PATIENCE, **settings)


def save(functions: Mapping[str, Path]) -> None:
    """Write tiny models into folders, in a process of its own: PyTorch keeps half a gigabyte in memory."""
    modules = ", ".join(function.partition(".")[0] for function in functions)
    calls = [f"{function}(pathlib.Path({str(folder)!r}))" for function, folder in functions.items()]
    script = "\n".join([f"import pathlib, {modules}", *calls])
    environ = {**os.environ, "PYTHONPATH": str(Path(texts.__file__).parent)}
    subprocess.run([sys.executable, "-c", script], env=environ, check=True)
    for folder in functions.values():
        for path in folder.rglob("*.safetensors"):
            path.chmod(0o644)  # the containers' user is another one


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
def kuberay(plane: Plane, kubelet: Kubelet) -> Process:
    """Start KubeRay's operator, on a plane that runs the pods which it makes."""
    assert kubelet.process.alive()
    return started(plane, "kuberay-operator")


def started(plane: Plane, deployment: str) -> Process:
    (operator,) = (each for each in OPERATORS if each.deployment == deployment)
    return start_operator(plane, ENV, operator)


def give_ports(cluster: Body) -> None:
    """Say on which ports the agents of a cluster's nodes listen."""
    for group in (cluster["headGroupSpec"], *cluster["workerGroupSpecs"]):
        group["rayStartParams"] |= AGENTS


@pytest.fixture(scope="module")
def service(plane: Plane, kubelet: Kubelet, kuberay: Process) -> Body:
    """Give the RayService, with the tiny pipeline in it, when it is Ready."""
    (found,) = map(deepcopy, rendered(ENV, "RayService", "stable-diffusion-gpu"))
    namespace = found["metadata"]["namespace"]
    give_ports(found["spec"]["rayClusterConfig"])
    config = yaml.safe_load(found["spec"]["serveConfigV2"])
    config["applications"][0]["args"] |= {"model_source": PIPELINE, "device": "cpu"}
    found["spec"]["serveConfigV2"] = yaml.safe_dump(config)
    plane.api.apply(found)
    becomes(
        plane,
        found,
        lambda status: is_true(status, "Ready"),
        500,
        lambda: f"{kuberay.tail()}\n{said(plane, kubelet, namespace)}",
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
        assert (picture.format, picture.size) == ("PNG", (64, 64))


def test_nothing_was_refused_to_what_runs_in_the_head_of_the_service(plane: Plane, service: Body) -> None:
    """Its autoscaler uses the rendered account."""
    asked = {event.user for event in plane.events() if event.user.endswith(HEAD_ACCOUNT)}
    assert asked, f"{HEAD_ACCOUNT} of {service['metadata']['name']} has asked for nothing"
    assert plane.unauthorized() == []


def test_a_ray_job_trains_and_succeeds(
    plane: Plane, kubelet: Kubelet, kuberay: Process, service: Body
) -> None:
    # What the service has of this machine's memory, what follows need not have too.
    plane.api.delete(service["apiVersion"], "RayService", service["metadata"]["name"], "stable-diffusion")
    (job,) = map(deepcopy, rendered(ENV, "RayJob"))
    namespace, name = job["metadata"]["namespace"], job["metadata"]["name"]
    fsx = kubelet.claim(namespace, "fsx")
    shutil.copytree(plane.folder / LLAMA, fsx / "tiny" / "model")
    texts.corpus(fsx / "tiny" / "texts")
    install(plane, (wave.where(lambda body: body["kind"] != "RayJob") for wave in only(("ray-train",))))
    configure(plane, namespace, name)
    give_ports(job["spec"]["rayClusterSpec"])
    plane.api.apply(job)

    def message() -> str:
        return f"{kuberay.tail()}\n{said(plane, kubelet, namespace)}"

    ended = becomes(
        plane,
        job,
        lambda status: status if status.get("jobDeploymentStatus") in ("Complete", "Failed") else None,
        400,
        message,
    )
    assert ended["jobStatus"] == "SUCCEEDED", ended
    steps = fsx / "data/checkpoints" / name
    assert (steps / "final" / "model.safetensors").exists(), sorted(steps.rglob("*"))
    clusters = job["apiVersion"], "RayCluster", namespace
    eventually(lambda: not plane.api.list(*clusters), 60, "its cluster is still there")


def configure(plane: Plane, namespace: str, name: str) -> None:
    """Write a configuration of the training into its ConfigMap: for CPUs, a tiny model, a few short texts."""
    found = plane.api.get("v1", "ConfigMap", name, namespace)
    assert found
    config = json.loads(found["data"]["config.json"])
    config |= {"accelerator": "none", "resources_per_worker": {}, "cpus_per_worker": 1, "data": "/fsx/tiny"}
    config["parameters"] |= {
        "model": "/fsx/tiny/model",
        "data": "texts",
        "batch_size": 2,
        "sequence_length": 32,
    }
    plane.api.merge("v1", "ConfigMap", name, {"data": {"config.json": json.dumps(config)}}, namespace)


STEPS = 60
TINY = {"sequence_length": "64", "steps": str(STEPS), "run": f"tiny-{os.getpid()}"}


@pytest.fixture(scope="module")
def prepared(plane: Plane, kubelet: Kubelet) -> Path:
    """Give the shared file system of the training, with a tokenizer and samples that its own steps made."""
    fsx = kubelet.claim("training", "fsx")
    texts.corpus(fsx / "text")
    texts.build_tokenizer(fsx / "built")
    given = TINY | {"tokenizer": "/fsx/built", "dataset": "/fsx/text"}
    for step in ("download-tokenizer", "prepare-dataset"):
        pod = plane.api.create(step_pod(ENV, step, **given))
        phase = becomes(
            plane,
            pod,
            lambda status: status.get("phase") in ("Succeeded", "Failed") and status["phase"],
            120,
            lambda: said(plane, kubelet, "training"),
        )
        assert phase == "Succeeded", kubelet.log("training", step, "main")
    process = started(plane, "mpi-operator")
    eventually(lambda: "leaderelection" in process.tail() or not process.alive(), 30, process.tail)
    assert process.alive(), process.tail()
    return fsx


def ended(status: Body) -> str:
    """Give how an MPIJob ended; nothing while it runs."""
    return next((each for each in ("Succeeded", "Failed") if is_true(status, each)), "")


def test_a_training_whose_worker_is_killed_fails_and_the_next_one_goes_on_from_its_checkpoint(
    plane: Plane, kubelet: Kubelet, prepared: Path
) -> None:
    def log(name: str) -> str:
        pods = plane.api.list("v1", "Pod", "training", "training.kubeflow.org/job-role=launcher")
        return "".join(kubelet.log("training", pod["metadata"]["name"], name) for pod in pods)

    def message() -> str:
        return said(plane, kubelet, "training")

    job = mpi_job(ENV, "train", **TINY)
    plane.api.create(job)
    checkpoints = prepared / "data/llama2/runs" / TINY["run"] / "checkpoints"
    eventually(lambda: any(checkpoints.glob(f"step-{'[0-9]' * 10}")), 180, message)
    os.kill(min(worker_processes()), signal.SIGKILL)  # the others may be children that write a checkpoint
    assert becomes(plane, job, ended, 120, message) == "Failed"
    plane.api.delete(job["apiVersion"], "MPIJob", job["metadata"]["name"], "training")
    eventually(
        lambda: not plane.api.list("v1", "Pod", "training", "training.kubeflow.org/job-name=proof-train"),
        60,
        message,
    )
    plane.api.create(job)
    assert becomes(plane, job, ended, 180, message) == "Succeeded", message()
    assert f"goes on from /fsx/data/llama2/runs/{TINY['run']}/checkpoints/step-" in log("launcher")


def worker_processes() -> list[int]:
    """Give the processes of this machine that train our run."""
    found = []
    for path in Path("/proc").glob("[0-9]*"):
        try:
            words, environ = (path / "cmdline").read_bytes(), (path / "environ").read_bytes()
        except OSError:
            continue
        if b"\0llama2.worker\0" in words and f"/runs/{TINY['run']}".encode() in environ:
            found.append(int(path.name))
    return found


def test_tensorboard_shows_the_curve_of_that_training(plane: Plane, kubelet: Kubelet) -> None:
    install(plane, only(("tensorboard",)))
    (deployment,) = rendered(ENV, "Deployment", "tensorboard")
    becomes(
        plane,
        deployment,
        lambda status: is_true(status, "Available"),
        120,
        lambda: said(plane, kubelet, "training"),
    )
    (address,) = addresses(plane, "training", "tensorboard")
    query = {"run": f"{TINY['run']}/curves", "tag": "loss/train"}

    def steps() -> list[int]:
        answer = session.get(f"http://{address}/data/plugin/scalars/scalars", params=query, timeout=30)
        return [step for _, step, _ in answer.json()] if answer.ok else []

    with requests.Session() as session:
        session.trust_env = False
        eventually(lambda: steps() == list(range(1, STEPS + 1)), 60, lambda: f"there are only {steps()}")


@pytest.mark.parametrize("account", ["kuberay-system:kuberay-operator", "mpi-operator:mpi-operator"])
def test_nothing_was_refused_to_an_operator(plane: Plane, account: str) -> None:
    assert any(event.user.endswith(account) for event in plane.events())
    assert plane.unauthorized(f"system:serviceaccount:{account}") == []
