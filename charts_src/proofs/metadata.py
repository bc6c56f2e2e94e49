"""What the metadata of an object has to say: where it belongs, and that nothing deletes it by accident."""

from collections import Counter
from collections.abc import Iterator

from charts_src.lib.scope import is_namespaced
from charts_src.objects import Body, Identity
from charts_src.proofs.tree import Failure, Objects
from charts_src.waves import protection

_NAME = "app.kubernetes.io/name"
_PART_OF = "app.kubernetes.io/part-of"

ALONE = ("mpi-operator-crds", "node-diagnostics-crd", "s3-csi-crds", "spark-text-pipeline")
"""Components with one object, whose label no other one has."""


def wrong(objects: Objects) -> list[Failure]:
    """Find objects whose labels, namespace, name or protection can't be right, sorted."""
    names = Counter(_label(body, _NAME) for body in objects.values())
    parts = Counter(_label(body, _PART_OF) for body in objects.values())
    platform = parts.most_common(1)[0][0] if parts else ""
    found = (
        Failure(str(identity), problem)
        for identity, body in objects.items()
        for problem in (
            *_labels(body, names, platform),
            *_place(identity),
            *_definition(body),
            *_protected(body),
        )
    )
    return sorted(found)


def _labels(body: Body, names: Counter[str], platform: str) -> Iterator[str]:
    """Every object bears the label of its component, which has others with it, or its own name."""
    name = _label(body, _NAME)
    if not name:
        yield f"has no label {_NAME}; write the name of its component"
    elif names[name] == 1 and name not in (body["metadata"]["name"], *ALONE):
        yield f"is the only object with the label {_NAME}: {name}; write the name of its component"
    if _label(body, _PART_OF) != platform:
        yield f"has not the label {_PART_OF}: {platform}, as all others have; write it"


def _place(identity: Identity) -> Iterator[str]:
    if is_namespaced(identity.kind) and not identity.namespace:
        yield "has no namespace; it would get into whichever is current"
    if not is_namespaced(identity.kind) and identity.namespace:
        yield "is of the whole cluster and has a namespace; leave it out"


def _definition(body: Body) -> Iterator[str]:
    """The API server refuses another name (validation of apiextensions.k8s.io/v1)."""
    if body["kind"] == "CustomResourceDefinition":
        wanted = f"{body['spec']['names']['plural']}.{body['spec']['group']}"
        if body["metadata"]["name"] != wanted:
            yield f"must be named {wanted}"


def _protected(body: Body) -> Iterator[str]:
    annotations = body["metadata"].get("annotations", {})
    for key, options in protection(body["kind"]).items():
        missing = [each for each in options if each not in annotations.get(key, "").split(",")]
        if missing:
            yield f"lacks {','.join(missing)} in {key}: its deletion takes data or other objects along"


def _label(body: Body, key: str) -> str:
    return str(body["metadata"].get("labels", {}).get(key, ""))
