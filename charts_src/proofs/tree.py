"""The rendered objects of an environment, read back from disk."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from charts_src.errors import UserError
from charts_src.objects import AWS_FOLDER, NOT_OBJECTS, Body, Identity

_CRD = "customresourcedefinition-"
_SCHEMAS = "\n  versions:\n"


class Failure(NamedTuple):
    """One thing that does not hold."""

    subject: str
    """The object, or what is missing."""
    message: str
    """What is wrong, and the remedy."""

    def __str__(self) -> str:
        """Write the failure on one line."""
        return f"{self.subject}: {self.message}"


Objects = dict[Identity, Body]
"""Every object of an environment."""


def read_objects(folder: Path) -> Objects:
    """Read every object below rendered/<env>/, without the schemas of definitions, which no proof needs."""
    texts = {path.relative_to(folder).as_posix(): path for path in sorted(folder.rglob("*.yaml"))}
    return objects_of({name: path.read_text(encoding="utf-8") for name, path in texts.items()})


def objects_of(files: Mapping[str, str]) -> Objects:
    """Read every object of a rendered tree: path, <component>/<file>, -> text.

    Raises UserError for a file without an object.
    """
    found: Objects = {}
    for path, text in files.items():
        if path.partition("/")[0] == AWS_FOLDER or path.rpartition("/")[2] in NOT_OBJECTS:
            continue
        body = yaml.load(without_schemas(path, text), yaml.CSafeLoader)
        found[_identity(path, body)] = body
    return found


def _identity(path: str, body: Any) -> Identity:
    try:
        return Identity.of(body)
    except (AttributeError, KeyError, TypeError):
        remedy = "render the environment again"
        raise UserError(f"{path}: no Kubernetes object with apiVersion, kind and name; {remedy}") from None


def without_schemas(path: str, text: str) -> str:
    """Leave the versions of a definition out of its text, with their schemas; they are most of a tree."""
    # Keys are sorted, so that what a definition says of itself comes before its versions.
    return text.partition(_SCHEMAS)[0] + "\n" if path.rpartition("/")[2].startswith(_CRD) else text
