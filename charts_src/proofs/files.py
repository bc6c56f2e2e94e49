"""Files that programs are told to read: each is a key of the ConfigMap that is mounted there."""

import re
from collections.abc import Iterator
from posixpath import relpath

from charts_src.objects import Body, all_containers
from charts_src.proofs.pods import Pod
from charts_src.proofs.tree import Failure, Objects

_PATH = re.compile(r"(?<![\w.}$-])(/[\w./-]+)")


def missing(objects: Objects, pods: list[Pod]) -> list[Failure]:
    """Find files below the mount of a ConfigMap, named in arguments or variables, that it has not, sorted."""
    maps = {
        (body["metadata"].get("namespace", ""), body["metadata"]["name"]): body.get("data", {})
        for body in objects.values()
        if body["kind"] == "ConfigMap"
    }
    return sorted(failure for pod in pods for failure in _pod(pod, maps))


def _pod(pod: Pod, maps: dict[tuple[str, str], Body]) -> Iterator[Failure]:
    for path, container in all_containers(pod.spec):
        for mount in container.get("volumeMounts", ()):
            volume = _config_map(pod, mount["name"])
            data = maps.get((pod.namespace, volume["name"])) if volume else None
            if not volume or data is None:
                continue
            for wrong in _lost(volume, mount, data, container):
                yield Failure(f"{pod}.{path}", f"{wrong}, which ConfigMap {volume['name']} has not")
        for wrong in _variables(pod, container, maps):
            yield Failure(f"{pod}.{path}", wrong)


def _config_map(pod: Pod, name: str) -> Body | None:
    for volume in pod.spec.get("volumes", ()):
        if volume["name"] == name and "configMap" in volume and not volume["configMap"].get("optional"):
            source: Body = volume["configMap"]
            return source
    return None


def _lost(volume: Body, mount: Body, data: Body, container: Body) -> Iterator[str]:
    items = {item["key"]: item["path"] for item in volume.get("items", ())} or {key: key for key in data}
    yield from (f"mounts the key {key}" for key in items if key not in data)
    files = set(items.values())
    if part := mount.get("subPath"):
        if part not in files:
            yield f"mounts the file {part}"
        return
    for text in _texts(container):
        for named in _PATH.findall(text):
            inside = relpath(named, mount["mountPath"])
            if not inside.startswith(".") and inside not in files:
                yield f"reads {named}"


def _texts(container: Body) -> list[str]:
    variables = [str(item.get("value", "")) for item in container.get("env", ())]
    return [*container.get("command", ()), *container.get("args", ()), *variables]


def _variables(pod: Pod, container: Body, maps: dict[tuple[str, str], Body]) -> Iterator[str]:
    for variable in container.get("env", ()):
        source = variable.get("valueFrom", {}).get("configMapKeyRef")
        if source and not source.get("optional"):
            data = maps.get((pod.namespace, source["name"]))
            if data is not None and source["key"] not in data:
                what = f"{variable['name']} is the key {source['key']}"
                yield f"{what}, which ConfigMap {source['name']} has not"
