"""What becomes of a cluster when the tree that it has is replaced by another."""

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from charts_src.diff.trees import read_revision
from charts_src.objects import Body, Identity
from charts_src.proofs.tree import objects_of
from charts_src.review.effects.controllers import ROLLED
from tools.cluster.api import Api
from tools.cluster.responses import Refused


class Upgrade(NamedTuple):
    """What the API server said to the new objects."""

    refused: dict[str, str]
    """Object -> why: a field that can't be changed, mostly."""
    restarted: list[str]
    """Objects whose pods are replaced."""
    changed: list[str]


def differing(old: Mapping[Identity, Body], new: Mapping[Identity, Body]) -> list[Identity]:
    """Name the objects that both trees have and that are not equal, but for definitions."""
    same_kind = (key for key in old.keys() & new.keys() if key.kind != "CustomResourceDefinition")
    return sorted(key for key in same_kind if old[key] != new[key])


def upgrade(api: Api, old: Mapping[Identity, Body], new: Mapping[Identity, Body]) -> Upgrade:
    """Have a server that knows all definitions hold the old objects, where they differ, then the new ones.

    Raises Refused when it does not take the old ones: where it holds the new ones already, they are deleted
    before. Namespaces have to be there.
    """
    keys = differing(old, new)
    refused: dict[str, str] = {}
    restarted = []
    for key in keys:
        api.delete(new[key]["apiVersion"], key.kind, key.name, key.namespace)
        before = api.apply(old[key]).object
        try:
            after = api.apply(new[key]).object
        except Refused as error:
            refused[str(key)] = error.message
            continue
        if key.kind in ROLLED and before["spec"]["template"] != after["spec"]["template"]:
            restarted.append(str(key))
    return Upgrade(refused, restarted, [str(key) for key in keys])


def objects_at(root: Path, revision: str, env: str) -> dict[Identity, Body]:
    """Read every object of an environment as of a Git revision; UserError for an unknown one."""
    return objects_of(read_revision(root, revision, f"rendered/{env}"))
