"""Definitions of custom resources that are not what their project publishes, as the pinned package has it."""

from collections.abc import Iterator

import yaml

from charts_src.diff.parse import Loader
from charts_src.objects import Body
from charts_src.review.finding import Finding
from charts_src.review.sides import Pair
from charts_src.schema.store import installable_crd

_GATE = "definitions"


def gate(pair: Pair) -> Iterator[Finding]:
    """Find definitions that come or change and are not those of the pinned package.

    A new version of the package passes: what is pinned is read from schemas/ of the new side.
    """
    for change in pair.changes:
        if change.identity.kind == "CustomResourceDefinition" and change.status != "removed":
            file = pair.new.objects[change.identity].file
            body = yaml.load(pair.new.files[file], Loader)  # noqa: S506 - safe loader
            if problem := _differs(body):
                yield Finding(_GATE, change.identity, "spec", problem)


def _differs(body: Body) -> str:
    try:
        published = installable_crd(body["metadata"]["name"])
    except FileNotFoundError:
        return "is in no pinned package; add the package to charts_src/schema/sources.py"
    if published["spec"] == body["spec"]:
        return ""
    return (
        "is not what the pinned package has: objects are checked by other rules than upstream's; render anew"
    )
