"""Reads the checked-in schemas: CRDs to install, and the strict check of one object while rendering.

The check takes about half a millisecond for a Deployment. kubeconform is the second referee, on the
rendered files (validate.py); the API server, with its CEL rules and enums of built-in types, is the last.
"""

import json
from collections.abc import Iterator
from difflib import get_close_matches
from functools import cache
from hashlib import sha256
from reprlib import repr as shortened
from typing import Any

from jsonschema import Draft4Validator, ValidationError
from referencing import Registry
from referencing.jsonschema import DRAFT4

from charts_src.objects import Body
from charts_src.schema.layout import CUSTOM, SCHEMAS, definitions_path, kubernetes_folder, object_path

_SOUND: set[bytes] = set()
"""Hashes of objects, each with its Kubernetes minor, that passed the check in this process: an edit leaves
most of a component as it was."""


def installable_crd(name: str) -> Body:
    """Return a new copy of a CRD that a component installs, by its name such as nodepools.karpenter.sh.

    Raises FileNotFoundError when schemas/upstream/crds/ has none of that name.
    """
    return _load(f"crds/{name}.json")


def problems(body: Body, minor: str) -> list[str]:
    """Return what is wrong with an object under a Kubernetes minor version, a line each, sorted by path.

    An example: `spec.template.spec.containers[0].imagee: unknown field (did you mean 'image'?)`.
    """
    api_version, kind = body["apiVersion"], body["kind"]
    seal = sha256(f"{minor}\0{body!r}".encode()).digest()
    if seal in _SOUND:
        return []
    validator = _validator(api_version, kind, minor)
    if validator is None:
        return [
            f"kind: no schema for {api_version} {kind} (Kubernetes {minor}); see charts_src/schema/sources.py"
        ]
    found = sorted({line for error in validator.iter_errors(body) for line in _lines(error)})
    if not found:
        _SOUND.add(seal)
    return found


def _load(path: str) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads((SCHEMAS / path).read_text(encoding="utf-8"))
    return loaded


def _path(api_version: str, kind: str, minor: str) -> str | None:
    folders = (kubernetes_folder(minor), CUSTOM)
    paths = (f"{folder}/{object_path(api_version, kind)}" for folder in folders)
    return next((path for path in paths if (SCHEMAS / path).is_file()), None)


@cache
def _validator(api_version: str, kind: str, minor: str) -> Draft4Validator | None:
    path = _path(api_version, kind, minor)
    if path is None:
        return None
    registry = _definitions(definitions_path(path)).with_resource(path, DRAFT4.create_resource(_load(path)))
    return Draft4Validator({"$ref": path}, registry=registry)


@cache
def _definitions(path: str) -> Registry[Any]:
    definitions: Registry[Any] = Registry().with_resource(path, DRAFT4.create_resource(_load(path)))
    return definitions


def _lines(error: ValidationError) -> Iterator[str]:
    found: Any = error.instance
    expected: Any = error.validator_value
    if error.validator == "additionalProperties":
        known: Any = error.schema["properties"]  # type: ignore[index]
        for name in (name for name in found if name not in known):
            yield f"{_dotted(error, name)}: unknown field{_suggestion(name, known)}"
    elif error.validator == "required":
        for name in (name for name in expected if name not in found):
            yield f"{_dotted(error, name)}: required field is missing"
    elif error.validator == "type":
        types = expected if isinstance(expected, str) else " or ".join(expected)
        yield f"{_dotted(error)}: {shortened(found)} is not of type {types}"
    else:
        yield f"{_dotted(error)}: {error.message}"


def _suggestion(name: str, known: dict[str, Any]) -> str:
    close = get_close_matches(name, known, n=1)
    return f" (did you mean '{close[0]}'?)" if close else ""


def _dotted(error: ValidationError, *field: str) -> str:
    path = (*error.absolute_path, *field)
    return "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path).removeprefix(".")
