"""Where an environment's files are, and whether its last render still holds. Imports nothing slow."""

import json
from pathlib import Path

from charts_src import CACHE, ROOT, fingerprint

ENVIRONMENTS = ROOT / "environments"


def environment_names() -> list[str]:
    """Name every environment, in alphabetical order."""
    return sorted(path.stem for path in ENVIRONMENTS.glob("*.yaml") if path.stem != "base")


def folders(name: str) -> dict[str, Path]:
    """Give the folders that an environment owns; the key is the prefix of its files in a comparison."""
    return {
        "": ROOT / "rendered" / name,
        "argocd/": ROOT / "argocd" / name,
        "argocd-bootstrap/": ROOT / "argocd" / "bootstrap" / name,
    }


def is_current(name: str) -> bool:
    """Say whether the inputs and the folders of an environment are as its last render left them."""
    state = _file(name)
    return state.is_file() and state.read_text() == _state(name)


def mark_current(name: str) -> None:
    """Remember the inputs and the folders of an environment as belonging together."""
    _file(name).parent.mkdir(parents=True, exist_ok=True)
    _file(name).write_text(_state(name))


def _state(name: str) -> str:
    inputs = fingerprint.of_inputs(name)
    return json.dumps({"inputs": inputs, "outputs": fingerprint.of_trees(folders(name).values())})


def _file(name: str) -> Path:
    return CACHE / "state" / f"{name}.json"
