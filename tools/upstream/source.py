"""Loads upstream's objects from pinned Go modules: a chart, or plain manifests."""

import shutil
import subprocess
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import yaml

from charts_src.errors import UserError
from charts_src.helm.programs import HELM3
from charts_src.objects import NOT_OBJECTS, Body
from charts_src.schema import sources
from charts_src.schema.derive import documents
from charts_src.schema.upstream import module_folder

KUBERNETES = "1.35.0"
"""What charts are told the cluster runs."""
API_VERSIONS = (
    *("cert-manager.io/v1", "cert-manager.io/v1/Certificate", "cert-manager.io/v1/Issuer"),
    "monitoring.coreos.com/v1",
    "policy/v1/PodDisruptionBudget",
    "storage.k8s.io/v1/VolumeAttributesClass",
)
"""What charts are told the cluster has, of what they ask for."""

MODULES = {module.path: module for module in vars(sources).values() if isinstance(module, sources.Module)}


def upstream_objects(source: Body) -> Iterator[Body]:
    """Give the objects of one source: `module` with `chart` and `values`, or with `files` (patterns)."""
    folder = module_folder(MODULES[source["module"]])
    if "chart" in source:
        yield from _objects(_template(folder / source["chart"], source))
    for pattern in source.get("files", ()):
        paths = sorted(folder.glob(pattern))
        if not paths:
            raise UserError(f"{MODULES[source['module']]} has no {pattern}")
        yield from load(paths)


def load(paths: Iterable[Path]) -> Iterator[Body]:
    """Give the objects in YAML files."""
    for path in paths:
        if path.name not in NOT_OBJECTS:
            yield from _objects(path.read_text())


def _objects(text: str) -> Iterator[Body]:
    for body in documents(text):
        for item in body.get("items", [body]):
            yield _without_nulls(item)


def _without_nulls(value: Any) -> Any:
    """Leave out fields that a template has left empty, as the API server does."""
    if isinstance(value, dict):
        return {key: _without_nulls(item) for key, item in value.items() if item is not None}
    return [_without_nulls(item) for item in value] if isinstance(value, list) else value


def _template(chart: Path, source: Body) -> str:
    """Render a chart; the namespace is the name of the release."""
    with tempfile.TemporaryDirectory() as folder:
        values = Path(folder) / "values.yaml"
        values.write_text(yaml.safe_dump(source.get("values", {})))
        release = source["release"]
        command = [
            str(HELM3),
            "template",
            release,
            str(_alone(chart, Path(folder) / "chart")),
            "--skip-tests",
        ]
        options = [
            "--namespace",
            release,
            "--values",
            str(values),
            "--kube-version",
            KUBERNETES,
            "--skip-tests",
        ]
        served = [word for version in API_VERSIONS for word in ("--api-versions", version)]
        done = subprocess.run([*command, *options, *served], capture_output=True, text=True, check=False)
    if done.returncode:
        raise UserError(f"{chart}: {done.stderr.strip()}")
    return done.stdout


def _alone(chart: Path, copy: Path) -> Path:
    """Copy a chart without the charts that it depends on, which a module need not contain."""
    shutil.copytree(chart, copy, copy_function=shutil.copyfile)
    for path in (copy, *copy.rglob("*/")):
        path.chmod(0o755)
    metadata = yaml.safe_load((copy / "Chart.yaml").read_text())
    metadata.pop("dependencies", None)
    (copy / "Chart.yaml").write_text(yaml.safe_dump(metadata))
    (copy / "Chart.lock").unlink(missing_ok=True)
    shutil.rmtree(copy / "charts", ignore_errors=True)
    return copy
