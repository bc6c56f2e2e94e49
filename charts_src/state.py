"""Where an environment's files are, and whether its last render still holds. Imports nothing slow."""

import json
from collections.abc import Mapping
from pathlib import Path

from charts_src import CACHE, ROOT, cache, fingerprint

ENVIRONMENTS = ROOT / "environments"


def environment_names(directory: Path = ENVIRONMENTS) -> list[str]:
    """Name every environment, in alphabetical order: every YAML file but base.yaml."""
    return sorted(path.stem for path in directory.glob("*.yaml") if path.stem != "base")


def folders(name: str) -> dict[str, Path]:
    """Give the folders that an environment owns; the key is the prefix of its files in a comparison."""
    return {
        "": ROOT / "rendered" / name,
        "argocd/": ROOT / "argocd" / name,
        "argocd-bootstrap/": ROOT / "argocd" / "bootstrap" / name,
    }


def is_current(name: str, inputs: str) -> bool:
    """Say whether the folders of an environment are what a render of the inputs with this hash left."""
    return cache.read(_file(name)) == _state(inputs, fingerprint.of_trees(folders(name).values()))


def mark_current(name: str, inputs: str, trees: Mapping[str, Mapping[str, str]]) -> None:
    """Remember what the inputs with this hash were rendered to; `trees` has the keys of folders().

    Both come from the render itself: on disk, inputs may have been edited since, and another render may
    have replaced the folders.
    """
    outputs = {
        folder / path: text.encode()
        for prefix, folder in folders(name).items()
        for path, text in trees[prefix].items()
    }
    cache.write(_file(name), _state(inputs, fingerprint.of_contents(outputs)))


def _state(inputs: str, outputs: str) -> str:
    return json.dumps({"inputs": inputs, "outputs": outputs})


def _file(name: str) -> Path:
    return CACHE / "state" / f"{name}.json"
