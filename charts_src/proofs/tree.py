"""The rendered objects of an environment, read back from disk."""

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import yaml

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
    """Read every object of a rendered tree: path, <component>/<file>, -> text."""
    bodies = [
        yaml.load(without_schemas(path, text), yaml.CSafeLoader)
        for path, text in files.items()
        if path.partition("/")[0] != AWS_FOLDER and path.rpartition("/")[2] not in NOT_OBJECTS
    ]
    return {Identity.of(body): body for body in bodies}


def without_schemas(path: str, text: str) -> str:
    """Leave the versions of a definition out of its text, with their schemas; they are most of a tree."""
    # Keys are sorted, so that what a definition says of itself comes before its versions.
    return text.partition(_SCHEMAS)[0] + "\n" if path.rpartition("/")[2].startswith(_CRD) else text
