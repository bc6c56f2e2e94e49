"""Pods that use a ConfigMap or Secret which changes while they run.

Source: Kubernetes 1.35.4, pkg/volume/util/atomic_writer.go: the kubelet turns the link ..data to a
folder with the new files, which a file that is mounted by subPath doesn't follow; an environment is set as
a container starts.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final, NamedTuple

from charts_src.objects import Body, Identity
from charts_src.proofs.pods import Pod

DATA: Final = ("binaryData", "data", "stringData")

_HOW: Final = {
    "environment": "reads it from its environment: it takes effect when its pods restart for another reason",
    "subPath": "mounts it by subPath: files in running pods never change; it takes effect when they restart",
    "files": "files in its pods change by and by; a program that doesn't watch them reads them as it starts",
}
"""Kind of use -> what a change does; the first that applies to a pod counts."""


class Use(NamedTuple):
    """A workload that uses ConfigMaps or Secrets in one way."""

    workload: Identity
    sources: tuple[str, ...]
    """Kind and name of each."""
    how: str


def uses(sources: Iterable[Identity], pods: Sequence[Pod]) -> Iterator[Use]:
    """Give each workload whose pods use ConfigMaps or Secrets, with what a change of those does to it."""
    found: dict[tuple[Identity, str], list[str]] = {}
    for source in sources:
        for workload, kinds in _users(source, pods).items():
            how = next(text for kind, text in _HOW.items() if kind in kinds)
            found.setdefault((workload, how), []).append(f"{source.kind} {source.name}")
    for (workload, how), names in found.items():
        yield Use(workload, tuple(names), how)


def _users(source: Identity, pods: Iterable[Pod]) -> dict[Identity, set[str]]:
    found: dict[Identity, set[str]] = {}
    for pod in pods:
        if pod.namespace == source.namespace and (kinds := set(_kinds(source, pod.spec))):
            found.setdefault(pod.owner, set()).update(kinds)
    return found


def _kinds(source: Identity, spec: Body) -> Iterator[str]:
    volumes = {volume["name"] for volume in spec.get("volumes", ()) if _names(source, volume)}
    for container in (*spec.get("initContainers", ()), *spec.get("containers", ())):
        for mount in container.get("volumeMounts", ()):
            if mount["name"] in volumes:
                yield "subPath" if "subPath" in mount or "subPathExpr" in mount else "files"
        if _in_environment(source, container):
            yield "environment"


def _names(source: Identity, volume: Body) -> bool:
    """Say whether a volume, or a part of a projected one, has the files of a ConfigMap or Secret."""
    parts = (volume, *volume.get("projected", {}).get("sources", ()))
    if source.kind == "ConfigMap":
        return any(part.get("configMap", {}).get("name") == source.name for part in parts)
    secrets = (part.get("secret", {}) for part in parts)
    return any(source.name in (each.get("secretName"), each.get("name")) for each in secrets)


def _in_environment(source: Identity, container: Body) -> bool:
    prefix = "configMap" if source.kind == "ConfigMap" else "secret"
    named: list[Any] = [each.get("valueFrom", {}).get(f"{prefix}KeyRef") for each in container.get("env", ())]
    named += [each.get(f"{prefix}Ref") for each in container.get("envFrom", ())]
    return any(each and each.get("name") == source.name for each in named)
