"""Derives schemas/upstream/ from the pinned modules. The same pins always give the same bytes.

Files are compact JSON: indented they take three times the space, and the change of a CRD shows up line by
line in rendered/ anyway.
"""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import yaml

from charts_src.publish import Files
from charts_src.schema.layout import CUSTOM, RESOURCES, kubernetes_folder, object_path
from charts_src.schema.served import served
from charts_src.schema.sources import (
    BUILT_IN_KINDS,
    CLUSTER_CONFIG,
    CLUSTER_CONFIG_KIND,
    CRD_FILES,
    EKSCTL,
    KARPENTER,
    KUBERNETES,
    Module,
)
from charts_src.schema.strict import (
    Schema,
    referenced,
    strict,
    strict_definitions,
    strict_object,
    without_descriptions,
)
from charts_src.schema.upstream import module_folder

_OPENAPI = "api/openapi-spec/swagger.json"
_CHANGES = "Descriptions removed; in kubernetes/ and custom/ made strict (charts_src/schema)."


def derive() -> Files:
    """Return every file of schemas/upstream/ (relative path -> text).

    Raises UserError when a module cannot be had or is not the pinned one.
    """
    files = {"SOURCES.json": json.dumps(_sources(), indent=1) + "\n"}
    files |= {name: _read(KARPENTER, name) for name in ("LICENSE", "NOTICE")}
    definitions: dict[str, Schema] = {}
    resources: dict[str, set[str]] = {}
    for minor, module in KUBERNETES.items():
        description = json.loads(_read(module, _OPENAPI))
        for group, plurals in served(description["paths"]).items():
            resources.setdefault(group, set()).update(plurals)
        openapi = description["definitions"]
        definitions = strict_definitions(openapi)
        files |= strict_files(kubernetes_folder(minor), built_in_objects(openapi), definitions)
    crds = [(file, crd) for file in CRD_FILES for crd in documents(_read(file.module, file.path))]
    files[RESOURCES] = json.dumps({key: sorted(each) for key, each in sorted(resources.items())}) + "\n"
    # The metadata of custom resources is that of the newest Kubernetes, the last one above.
    checking = dict(custom_object(crd) for file, crd in crds if file.check)
    files |= strict_files(CUSTOM, checking, definitions)
    files[f"{CUSTOM}/{object_path(*CLUSTER_CONFIG_KIND)}"] = _text(_cluster_config())
    installed = (without_descriptions(crd) for file, crd in crds if file.install)
    return files | {f"crds/{crd['metadata']['name']}.json": _text(crd) for crd in installed}


def stale_paths(folder: Path) -> list[str]:
    """Return the sorted paths below the checked-in folder whose text is not what `derive` gives."""
    wanted = derive()
    files = (path for path in folder.rglob("*") if path.is_file())
    present = {path.relative_to(folder).as_posix(): path.read_text(encoding="utf-8") for path in files}
    return sorted(path for path in wanted.keys() | present.keys() if wanted.get(path) != present.get(path))


def built_in_objects(openapi: dict[str, Schema]) -> dict[str, Schema]:
    """Return path -> strict schema of the built-in kinds.

    `openapi` is the `definitions` of an OpenAPI 2 document. Raises KeyError when it lacks a kind.
    """
    names = {
        (gvk["group"], gvk["version"], gvk["kind"]): name
        for name, node in openapi.items()
        for gvk in node.get("x-kubernetes-group-version-kind", [])
    }
    objects = {}
    for api_version, kind in BUILT_IN_KINDS:
        group, _, version = api_version.rpartition("/")
        node = strict(openapi[names[group, version, kind]])
        objects[object_path(api_version, kind)] = strict_object(node, api_version, kind)
    return objects


def custom_object(crd: dict[str, Any]) -> tuple[str, Schema]:
    """Return path and strict schema of a custom resource, at the storage version of its CRD."""
    spec = crd["spec"]
    stored = next(version for version in spec["versions"] if version["storage"])
    api_version, kind = f"{spec['group']}/{stored['name']}", spec["names"]["kind"]
    node = strict(stored["schema"]["openAPIV3Schema"])
    return object_path(api_version, kind), strict_object(node, api_version, kind)


def strict_files(folder: str, objects: dict[str, Schema], definitions: dict[str, Schema]) -> Files:
    """Return the files of a folder: the objects, and one with the definitions that they refer to."""
    shared = {"definitions": referenced([*objects.values()], definitions)}
    files = {
        f"{folder}/{path}": _text(node).replace('"#/definitions/', '"../definitions.json#/definitions/')
        for path, node in objects.items()
    }
    return files | {f"{folder}/definitions.json": _text(shared)}


_EDITORS_WORDS = ("x-intellij-html-description", "preferredOrder", "default")


def _cluster_config() -> Schema:
    """Return eksctl's own schema, which is strict; its words are those of our dialect."""
    schema: Schema = _without_words(without_descriptions(json.loads(_read(EKSCTL, CLUSTER_CONFIG))))
    root = schema.pop("$ref").rpartition("/")[2]
    del schema["$schema"]
    config: Schema = schema["definitions"][root]
    return schema | config


def _without_words(node: Any) -> Any:
    """Copy a schema without what only editors read."""
    if isinstance(node, list):
        return [_without_words(item) for item in node]
    if not isinstance(node, dict):
        return node
    return {key: _without_words(value) for key, value in node.items() if key not in _EDITORS_WORDS}


class _Loader(yaml.CSafeLoader):
    """Reads a lone `=`, a matcher in Prometheus' definitions, as the text that Kubernetes reads."""


def _lone_text(_loader: _Loader, node: yaml.ScalarNode) -> str:
    return str(node.value)


_Loader.add_constructor("tag:yaml.org,2002:value", _lone_text)


def documents(text: str) -> list[Any]:
    """Give the documents of a YAML file, without empty ones."""
    return [document for document in yaml.load_all(text, _Loader) if document]  # a safe loader


def _read(module: Module, path: str) -> str:
    return (module_folder(module) / path).read_text(encoding="utf-8")


def _text(value: Any) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False) + "\n"


def _sources() -> dict[str, Any]:
    taken = {module: [_OPENAPI] for module in KUBERNETES.values()} | {EKSCTL: [CLUSTER_CONFIG]}
    for crd_file in CRD_FILES:
        taken.setdefault(crd_file.module, []).append(crd_file.path)
    modules = [asdict(module) | {"files": files} for module, files in taken.items()]
    return {"changes": _CHANGES, "modules": modules}
