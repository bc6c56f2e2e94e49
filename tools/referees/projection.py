"""Writes an environment for programs that know no custom resources: every pod as a Pod, the rest as it is."""

import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from charts_src.diff.trees import read_tree
from charts_src.emit import emit
from charts_src.objects import AWS_FOLDER, NOT_OBJECTS, Body, Identity
from charts_src.proofs.pods import Pod, pods_of
from charts_src.proofs.tree import Objects, without_schemas
from tools.referees.controllers import completed, resource_pods

_BUILT_IN = ("", "apps", "batch")
"""API groups whose kinds every referee finds the pods of by itself."""


class Subject(NamedTuple):
    """An object that referees judge."""

    path: str
    """Its file below the folder that they are given."""
    body: Body
    origin: str
    """The rendered file; of a projected pod also the path in it that describes the pod."""

    owner: Identity
    """The rendered object: the subject itself, or the one that a pod is projected out of."""

    @property
    def names(self) -> tuple[str, str]:
        """Write what exceptions are given for, both Kind/name and Kind/namespace/name of the owner."""
        kind, name = self.owner.kind, self.owner.name
        return f"{kind}/{name}", f"{kind}/{self.owner.namespace}/{name}"


def subjects(folder: Path, others: Iterable[Pod] = ()) -> list[Subject]:
    """Give every object below rendered/<env>/, every pod that a custom resource leads to, and other pods.

    Definitions come without their schemas, which no referee looks at. Raises UserError without the folder.
    """
    files = dict(_bodies(read_tree(folder)))
    objects: Objects = {Identity.of(body): body for body in files.values()}
    shown = f"{folder.parent.name}/{folder.name}"
    found = [Subject(path, body, f"{shown}/{path}", Identity.of(body)) for path, body in files.items()]
    paths = {Identity.of(body): path for path, body in files.items()}
    pods = [pod for body in files.values() for pod in _pods(body, objects)]
    for number, pod in enumerate((*pods, *others)):
        path = paths[pod.owner]
        found.append(_projected(pod, f"{path.removesuffix('.yaml')}--{number}", f"{shown}/{path}", objects))
    return found


def _pods(body: Body, objects: Objects) -> list[Pod]:
    if Identity.of(body).group in _BUILT_IN:
        return []
    return [*pods_of(body), *resource_pods(body, objects)]


def _bodies(files: dict[str, str]) -> Iterator[tuple[str, Body]]:
    for path, text in files.items():
        if path.partition("/")[0] != AWS_FOLDER and path.rpartition("/")[2] not in NOT_OBJECTS:
            yield path, yaml.load(without_schemas(path, text), yaml.CSafeLoader)


def _projected(pod: Pod, stem: str, origin: str, objects: Objects) -> Subject:
    number = stem.rpartition("-")[2]
    body: Body = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {
            "name": f"{pod.owner.kind.lower()}-{pod.owner.name}-{number}",
            "namespace": pod.namespace,
            "labels": pod.labels,
            "annotations": dict(pod.annotations),
        },
        "spec": completed(pod, objects),
    }
    place = re.sub(r"[^\w.-]+", "-", pod.path)
    return Subject(f"{stem}-{place}.yaml", body, f"{origin}: {pod.path}", pod.owner)


def write(found: Iterable[Subject], folder: Path) -> None:
    """Write each object into a file of its own below a folder."""
    for subject in found:
        path = folder / subject.path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(emit(_plain(subject.body)), encoding="utf-8")


def _plain(value: Any) -> Any:
    """Fill expressions of Argo Workflows into names: checkov drops an object with one, and says nothing."""
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if not isinstance(value, dict):
        return value
    return {key: _filled(item) if key == "name" else _plain(item) for key, item in value.items()}


def _filled(name: Any) -> Any:
    return re.sub(r"\{\{.*?\}\}", "x", name) if isinstance(name, str) else _plain(name)
