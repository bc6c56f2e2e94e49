"""The volumes of a pod as folders, filled as a kubelet fills them."""

import base64
import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from charts_src.objects import Body
from tools.cluster.api import Api

_FILE = 0o644
_SHARED = 0o2777


class Source(NamedTuple):
    """Where a pod's volumes and variables come from."""

    api: Api
    pod: Body
    address: str

    @property
    def namespace(self) -> str:
        """Namespace of the pod."""
        return str(self.pod["metadata"]["namespace"])

    def data(self, kind: str, name: str, *, optional: bool = False) -> dict[str, bytes]:
        """Read a ConfigMap or a Secret. Raises LookupError when it has to be there and is not."""
        found = self.api.get("v1", kind, name, self.namespace)
        if found is None:
            if optional:
                return {}
            raise LookupError(f"{kind.lower()} {name!r} not found")
        text = found.get("data") or {}
        if kind == "Secret":
            return {key: base64.b64decode(value) for key, value in text.items()}
        binary = found.get("binaryData") or {}
        return {key: value.encode() for key, value in text.items()} | {
            key: base64.b64decode(value) for key, value in binary.items()
        }

    def field(self, path: str) -> str:
        """Give a field of the pod, as the downward API does. Raises LookupError for one not known here."""
        metadata, spec = self.pod["metadata"], self.pod["spec"]
        for kind in ("labels", "annotations"):
            if path == f"metadata.{kind}":
                return "\n".join(f'{key}="{value}"' for key, value in metadata.get(kind, {}).items())
            if path.startswith(f"metadata.{kind}['"):
                return str(metadata.get(kind, {}).get(path[len(f"metadata.{kind}['") : -2], ""))
        known = {
            **{f"metadata.{key}": metadata.get(key) for key in ("name", "namespace", "uid")},
            "spec.nodeName": spec.get("nodeName"),
            "spec.serviceAccountName": spec.get("serviceAccountName"),
            "status.podIP": self.address,
            "status.podIPs": self.address,
            "status.hostIP": self.address,
        }
        if path not in known:
            raise LookupError(f"the field {path} is not known here")
        return str(known[path] or "")


def make_volumes(source: Source, folder: Path, claims: Path) -> dict[str, Path]:
    """Make every volume of a pod below `folder`; those of claims are below `claims`, and stay.

    Raises LookupError when something that one is to hold is not there, or is not known here.
    """
    spec = source.pod["spec"]
    group = spec.get("securityContext", {}).get("fsGroup")
    made = {}
    for volume in spec.get("volumes", ()):
        if claim := volume.get("persistentVolumeClaim"):
            place = claims / source.namespace / claim["claimName"]
            place.mkdir(parents=True, exist_ok=True)
        else:
            place = folder / volume["name"]
            _fill(source, volume, place)
        _give(place, group, deep="persistentVolumeClaim" not in volume)
        made[volume["name"]] = place
    return made


def _fill(source: Source, volume: Body, place: Path) -> None:
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir(parents=True)
    match volume:
        case {"emptyDir": _}:
            place.chmod(_SHARED)
        case {"projected": dict(wanted)}:
            for each in wanted["sources"]:
                _write(place, dict(_projected(source, each)), wanted.get("defaultMode", _FILE))
        case {"configMap": _} | {"secret": _} | {"downwardAPI": _}:
            (wanted,) = (each for key, each in volume.items() if key != "name")
            _write(place, dict(_projected(source, volume)), wanted.get("defaultMode", _FILE))
        case _:
            kinds = ", ".join(key for key in volume if key != "name")
            raise LookupError(f"a volume of {kinds} is not known here")


def _projected(source: Source, item: Body) -> Iterator[tuple[str, bytes]]:
    match item:
        case {"serviceAccountToken": {"path": str(path)}}:
            account = source.pod["spec"]["serviceAccountName"]
            yield path, source.api.token_of(source.namespace, account).encode()
        case {"downwardAPI": {"items": list(items)}}:
            for each in items:
                yield each["path"], source.field(each["fieldRef"]["fieldPath"]).encode()
        case {"configMap": dict(wanted)}:
            yield from _chosen(source, "ConfigMap", wanted["name"], wanted)
        case {"secret": dict(wanted)}:
            yield from _chosen(source, "Secret", wanted.get("secretName") or wanted["name"], wanted)
        case _:
            raise LookupError(f"how a kubelet fills {item} is not known here")


def _chosen(source: Source, kind: str, name: str, wanted: Body) -> Iterator[tuple[str, bytes]]:
    data = source.data(kind, name, optional=wanted.get("optional", False))
    items: Sequence[Body] = wanted.get("items") or [{"key": key, "path": key} for key in data]
    for each in items:
        if each["key"] in data:
            yield each["path"], data[each["key"]]
        elif not wanted.get("optional", False):
            raise LookupError(f"{kind.lower()} {name!r} has no key {each['key']!r}")


def _write(place: Path, files: Mapping[str, bytes], mode: int) -> None:
    for name, data in files.items():
        path = place / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        path.chmod(mode)


def _give(place: Path, group: int | None, *, deep: bool) -> None:
    """Let the pod's group read, and where its owner writes, write; without one, all."""
    for path in (place, *(place.rglob("*") if deep else ())):
        mode = path.stat().st_mode & 0o7777
        if group is None:
            path.chmod(mode | 0o004 | (0o111 if path.is_dir() else 0))
        else:
            os.chown(path, -1, group)
            path.chmod(mode | 0o040 | (0o2030 if path.is_dir() else 0))
