"""Rendered manifests as kustomize and the command line of cdk8s take them."""

import json
from collections.abc import Iterable
from pathlib import Path
from shutil import copy, copytree

from charts_src.emit import emit
from charts_src.schema.derive import documents

_APPS = tuple(Path(__file__).with_name("cdk8s_cli") / name for name in ("main.js", "main.py"))


def name_of(manifests: Path) -> str:
    """Name the folder of a component in an environment, such as prod-karpenter."""
    return f"{manifests.parent.name}-{manifests.name}"


def write_overlay(manifests: Path, folder: Path) -> Path:
    """Make a folder of kustomize, below `folder`, that gives the manifests back; return it."""
    overlay = folder / name_of(manifests)
    copytree(manifests, overlay)
    names = sorted(file.name for file in manifests.iterdir())
    (overlay / "kustomization.yaml").write_text(emit({"resources": list(names)}))
    return overlay


def write_apps(components: Iterable[Path], folder: Path, node_modules: Path) -> Path:
    """Make apps of cdk8s, each of which gives the manifests of all components back; return their folder."""
    folder.mkdir(parents=True)
    objects = {name_of(manifests): _bodies(manifests) for manifests in components}
    (folder / "objects.json").write_text(json.dumps(objects))
    for app in _APPS:
        copy(app, folder)
    (folder / "node_modules").symlink_to(node_modules)
    return folder


def _bodies(manifests: Path) -> list[object]:
    return [body for file in sorted(manifests.iterdir()) for body in documents(file.read_text())]
