"""Every command that a rendered workload runs in an image of ours, and the list of those that tests ran.

An entry is what a manifest says: a container's command and arguments, a hook's or a probe's, the entry point
of a RayJob, the import path of a RayService, the program of a Spark application. Tests run entries with other
places and sizes, but with the same program and flags.
"""

import hashlib
import json
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from charts_src.objects import Body, Identity
from charts_src.proofs.pods import Pod, pods_of
from charts_src.proofs.tree import read_objects

REPOSITORY = Path(__file__).parents[4]
LEDGER = "RENDERED_ENTRIES_LEDGER"
"""Environment variable with the folder in which entries that ran are noted."""

_OWN = re.compile(r".*/genai-on-eks/([a-z0-9-]+):[^/]+$")
_HUB = re.compile(r".*/jupyterhub/k8s-hub:[^/]+$")


class Entry(NamedTuple):
    """A command of a manifest."""

    environment: str
    name: str
    """Name of the object, of its template where it has several, and of the container: a/b/c."""
    image: str
    """Name of the image, without registry and tag."""
    words: tuple[str, ...]
    variables: dict[str, str]
    """Environment variables that the manifest gives as text."""
    detail: Any = None
    """What is more than a command: the configuration of Ray Serve, the spec of a Spark application."""

    @property
    def shape(self) -> str:
        """Give the program with its flags, but without their values."""
        return shlex.join(_shape(self.words))

    def command(self, places: Mapping[str, str], flags: Mapping[str, str] | None = None) -> list[str]:
        """Give the command with other places (text -> text) and other values of flags that it has.

        Raises KeyError for a flag that it does not have.
        """
        words = [_replaced(word, places) for word in self.words]
        for flag, value in (flags or {}).items():
            words = _with_flag(words, flag, value)
        return words

    def run(
        self,
        places: Mapping[str, str],
        flags: Mapping[str, str] | None = None,
        variables: Mapping[str, str] | None = None,
        timeout: float = 300,
    ) -> "subprocess.CompletedProcess[str]":
        """Run the command with the manifest's environment; note it when it ends well. Gives its output."""
        done = subprocess.run(
            self.command(places, flags),
            env=self.environ(places, variables),
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
        )
        if done.returncode == 0:
            self.ran()
        return done

    def environ(
        self, places: Mapping[str, str], variables: Mapping[str, str] | None = None
    ) -> dict[str, str]:
        """Give the environment of a process: this one's, the manifest's, and `variables`."""
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        own = {name: _replaced(value, places) for name, value in self.variables.items()}
        return {**os.environ, "PATH": path, **own, **(variables or {})}

    def ran(self) -> None:
        """Note that a test ran the entry."""
        if folder := os.environ.get(LEDGER):
            name = hashlib.sha256(self.shape.encode()).hexdigest()
            Path(folder, f"{name}.json").write_text(json.dumps(self.shape), encoding="utf-8")


def entry(environment: str, name: str) -> Entry:
    """Give the entry of an environment by its name. Raises KeyError with the names that there are."""
    for each in entries(environment):
        if each.name == name:
            return each
    raise KeyError(
        f"{name}: no entry of {environment}; there are {[each.name for each in entries(environment)]}"
    )


@cache
def entries(environment: str) -> tuple[Entry, ...]:
    """Give the entries of an environment."""
    found = []
    for body in read_objects(REPOSITORY / "rendered" / environment).values():
        found += [each._replace(environment=environment) for each in _entries(body)]
    return tuple(found)


def environments() -> list[str]:
    """Name the environments."""
    return sorted(path.name for path in (REPOSITORY / "rendered").iterdir())


def missing(folder: Path) -> list[str]:
    """List what no test ran, according to the notes in `folder`: name and program, one a line."""
    noted = {json.loads(path.read_text(encoding="utf-8")) for path in folder.glob("*.json")}
    lines: dict[str, str] = {}
    for environment in environments():
        for each in entries(environment):
            if each.shape not in noted:
                lines.setdefault(each.shape, f"{environment}: {each.name}: {each.shape}")
    return sorted(lines.values())


def _entries(body: Body) -> Iterator[Entry]:
    identity = Identity.of(body)
    for pod in pods_of(body):
        for container in (*pod.spec.get("initContainers", ()), *pod.spec["containers"]):
            yield from _of_container(f"{identity.name}{_place(pod, body)}/{container['name']}", container)
    if special := _SPECIAL.get(identity.kind):
        yield from special(body)


def _of_container(name: str, container: Body) -> Iterator[Entry]:
    match = _OWN.fullmatch(container["image"])
    if match is None and not _HUB.fullmatch(container["image"]):
        return
    image = match[1] if match else "k8s-hub"
    variables = {each["name"]: each["value"] for each in container.get("env", ()) if "value" in each}
    probes = {
        kind: container.get(kind, {}).get("exec", {}).get("command", ())
        for kind in ("livenessProbe", "readinessProbe", "startupProbe")
    }
    hook = container.get("lifecycle", {}).get("preStop", {}).get("exec", {}).get("command", ())
    commands = {"": (*container.get("command", ()), *container.get("args", ())), "/preStop": hook}
    commands |= {f"/{kind}": words for kind, words in probes.items()}
    for suffix, words in commands.items():
        if words:
            yield Entry("", name + suffix, image, tuple(words), variables)


def _place(pod: Pod, body: Body) -> str:
    """Name the template of a workflow, the role of a pod in a gang, its group in a Ray cluster."""
    parts = []
    if match := re.match(r"spec\.(?:workflowSpec\.)?templates\[(\d+)\]", pod.path):
        parts.append(body["spec"]["templates"][int(match[1])]["name"])
    if match := re.search(r"mpiReplicaSpecs\.(\w+)", pod.path):
        parts.append(match[1])
    if match := re.search(r"workerGroupSpecs\[(\d+)\]", pod.path):
        parts.append(f"group-{match[1]}")
    return "".join(f"/{part}" for part in parts)


def _ray_job(body: Body) -> Iterator[Entry]:
    spec = body["spec"]
    head = spec["rayClusterSpec"]["headGroupSpec"]["template"]["spec"]["containers"][0]
    words = tuple(shlex.split(spec["entrypoint"]))
    yield Entry("", f"{body['metadata']['name']}/entrypoint", _image(head["image"]), words, {})


def _ray_service(body: Body) -> Iterator[Entry]:
    spec = body["spec"]
    config = yaml.load(spec["serveConfigV2"], yaml.CSafeLoader)
    head = spec["rayClusterConfig"]["headGroupSpec"]["template"]["spec"]["containers"][0]
    for application in config["applications"]:
        words = ("serve", application["import_path"])
        name = f"{body['metadata']['name']}/{application['name']}"
        yield Entry("", name, _image(head["image"]), words, {}, config)


def _spark(body: Body) -> Iterator[Entry]:
    spec = body["spec"].get("template", body["spec"])
    words = ("spark-submit", spec["mainApplicationFile"], *spec["arguments"])
    yield Entry("", f"{body['metadata']['name']}/driver", _image(spec["image"]), words, {}, spec)


def _hub(body: Body) -> Iterator[Entry]:
    """Read what the hub starts: services beside it, and the servers of users."""
    if body["metadata"]["name"] != "hub" or "settings.json" not in body["data"]:
        return
    settings = json.loads(body["data"]["settings.json"])
    for service in settings["JupyterHub"]["services"]:
        yield Entry("", f"hub/{service['name']}", "k8s-hub", tuple(service["command"]), {})
    spawner = settings["KubeSpawner"]
    yield Entry("", "hub/notebook", "notebook", (*spawner["cmd"], *spawner["args"]), {}, settings)


_SPECIAL = {
    "ConfigMap": _hub,
    "RayJob": _ray_job,
    "RayService": _ray_service,
    "ScheduledSparkApplication": _spark,
    "SparkApplication": _spark,
}


def _image(reference: str) -> str:
    match = _OWN.fullmatch(reference)
    return match[1] if match else reference


def _shape(words: tuple[str, ...]) -> Iterator[str]:
    """Leave values out: what follows a flag or its =, numbers, and the variables that mpirun passes on."""
    previous = ""
    for word in words:
        flag = word.partition("=")[0] if word.startswith("-") else ""
        value = not flag and (previous.startswith("--") or previous in ("-np", "-x"))
        if "-x" not in (word, previous):
            yield "..." if value or word.isdigit() or word.startswith(("s3:", "s3a:")) else flag or word
        previous = "" if "=" in word and flag else word


def _replaced(word: str, places: Mapping[str, str]) -> str:
    for old, new in places.items():
        word = word.replace(old, new)
    return word


def _with_flag(words: list[str], flag: str, value: str) -> list[str]:
    if flag in words:
        at = words.index(flag)
        return [*words[: at + 1], value, *words[at + 2 :]]
    if any(word.startswith(f"{flag}=") for word in words):
        return [f"{flag}={value}" if word.startswith(f"{flag}=") else word for word in words]
    raise KeyError(f"{flag}: no flag of {shlex.join(words)}")
