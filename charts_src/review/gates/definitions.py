"""Definitions of custom resources that are not what their project publishes, as the pinned package has it."""

from collections.abc import Iterator
from typing import Any

import yaml

from charts_src.diff.parse import Loader
from charts_src.objects import Body, Identity
from charts_src.review.finding import Finding
from charts_src.review.sides import Pair, Side
from charts_src.schema.store import installable_crd

_GATE = "definitions"


def gate(pair: Pair) -> Iterator[Finding]:
    """Find definitions that come or change and are not those of the pinned package.

    A new version of the package passes: what is pinned is read from schemas/ of the new side.
    """
    for change in pair.changes:
        if change.identity.kind == "CustomResourceDefinition" and change.status != "removed":
            spec = _spec(pair.new, change.identity)
            same = change.status == "changed" and spec == _spec(pair.old, change.identity)
            if not same and (problem := _differs(change.identity.name, yaml.load(spec, Loader))):  # noqa: S506
                yield Finding(_GATE, change.identity, "spec", problem)


def _spec(side: Side, identity: Identity) -> str:
    """Give the text of what a definition demands, with the schemas that sides leave out; it stands last."""
    return side.files[side.objects[identity].file].partition("\nspec:\n")[2]


def _differs(name: str, spec: Body) -> str:
    try:
        published = installable_crd(name)["spec"]
    except FileNotFoundError:
        return "is in no pinned package: compare it with what its project publishes, or sign it off"
    if _demands(published) == _demands(spec):
        return ""
    return (
        "is not what the pinned package has: objects are checked by other rules than upstream's; render anew"
    )


def _demands(spec: Body) -> dict[str, Any]:
    """Give a definition with no version served but the stored one: ours turn others off."""
    return {
        **spec,
        "versions": [each | {"served": each["storage"] and each["served"]} for each in spec["versions"]],
    }
