"""Runs kubeconform over rendered files, strictly and with the checked-in schemas only.

It is the second reader of what we write: another YAML parser (that of kubectl) and another JSON Schema
validator. Both of its schema locations are local folders whose schemas refer to nothing outside, so it has no
address to download from.
"""

import json
import subprocess
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from charts_src.errors import UserError
from charts_src.objects import AWS_FOLDER, NOT_OBJECTS
from charts_src.schema.layout import CUSTOM, SCHEMAS, kubernetes_folder

_SUFFIXES = (".json", ".yaml", ".yml")


@dataclass(frozen=True, order=True)
class Problem:
    """What is wrong with one object, or with a file as a whole (`subject` is then empty)."""

    path: str
    subject: str
    message: str

    def __str__(self) -> str:
        """Write the problem on one line: path: Kind name: message."""
        return ": ".join(part for part in (self.path, self.subject, self.message) if part)


@dataclass(frozen=True)
class Report:
    """How many objects kubeconform found valid, invalid, unreadable or skipped, and every problem, sorted."""

    valid: int
    invalid: int
    errors: int
    skipped: int
    problems: tuple[Problem, ...]

    @property
    def ok(self) -> bool:
        """Tell whether every object was checked and found valid."""
        return not self.problems and not self.skipped

    def __str__(self) -> str:
        """Write the counts on one line, then each problem on its own."""
        counts = f"{self.valid} valid, {self.invalid} invalid, {self.errors} errors, {self.skipped} skipped"
        return "\n".join([counts, *map(str, self.problems)])


def validate(paths: Sequence[Path], minor: str, kubeconform: Path) -> Report:
    """Validate all manifests under the paths against a Kubernetes minor version such as 1.36.

    Files named in NOT_OBJECTS are left out. A file of which kubeconform saw fewer or more objects than it
    has YAML documents is a problem as well.
    Raises UserError when a path has no manifests or kubeconform is not there.
    """
    files = [file for path in paths for file in _manifests(path)]
    answer = _run(kubeconform, minor, files)
    found = [_problem(resource) for resource in answer["resources"] if resource["msg"]]
    faulty = {problem.path for problem in found}
    silent = [file for file in files if str(file) not in faulty]
    found += _miscounts(silent, answer["resources"])
    return Report(**answer["summary"], problems=tuple(sorted(found)))


def _manifests(path: Path) -> list[Path]:
    files = [path] if path.is_file() else sorted(path.rglob("*"))
    chosen = [file for file in files if file.suffix in _SUFFIXES and not _is_other(file)]
    if not chosen:
        raise UserError(f"{path}: no manifests to validate. Render the environment first.")
    return chosen


def _is_other(file: Path) -> bool:
    """Say whether a generated file is no manifest: of the AWS side only the YAML file is one, eksctl's."""
    templates = AWS_FOLDER in file.parts and file.suffix == ".json"
    return file.name in NOT_OBJECTS or templates


def _run(kubeconform: Path, minor: str, files: list[Path]) -> dict[str, Any]:
    template = "{{ .Group }}/{{ .ResourceKind }}-{{ .ResourceAPIVersion }}.json"
    locations = [f"{SCHEMAS / folder}/{template}" for folder in (kubernetes_folder(minor), CUSTOM)]
    options = ["-strict", "-verbose", "-summary", "-output", "json"]
    options += [word for location in locations for word in ("-schema-location", location)]
    try:
        done = subprocess.run([kubeconform, *options, *files], capture_output=True, text=True, check=False)
    except FileNotFoundError:
        raise UserError(f"{kubeconform}: not found. Run `make validate`, which builds it.") from None
    if not done.stdout:
        raise RuntimeError(f"{kubeconform} failed: {done.stderr}")
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def _problem(resource: dict[str, str]) -> Problem:
    message = " ".join(resource["msg"].split())
    # That of an invalid object starts with the location of its schema; what is wrong follows.
    faults = message.partition("#' - ")[2] or message
    return Problem(resource["filename"], f"{resource['kind']} {resource['name']}".strip(), faults)


def _miscounts(files: list[Path], resources: list[dict[str, str]]) -> Iterator[Problem]:
    seen = Counter(resource["filename"] for resource in resources if resource["status"])
    for file in files:
        written = _documents(file)
        if seen[str(file)] != written or not written:
            yield Problem(str(file), "", f"kubeconform saw {seen[str(file)]} of {written} YAML documents")


def _documents(file: Path) -> int:
    """Count the YAML documents of a file, 0 if it is not YAML at all."""
    try:
        events = yaml.parse(file.read_text(encoding="utf-8"), yaml.CSafeLoader)
        return sum(isinstance(event, yaml.DocumentStartEvent) for event in events)
    except (yaml.YAMLError, UnicodeDecodeError):
        return 0
