"""Images that a change makes less certain: no digest any more, a tag that moves, an unknown registry."""

from collections.abc import Iterator

from charts_src.objects import pod_specs
from charts_src.policy import images
from charts_src.review.finding import Finding
from charts_src.review.sides import Pair

_GATE = "images"


def gate(pair: Pair) -> Iterator[Finding]:
    """Find images that are new to an object and break charts_src/policy, or have lost their digest."""
    for change in pair.changes:
        if change.status == "removed" or change.identity.kind == "CustomResourceDefinition":
            continue
        old = pair.old.body(change.identity) if change.status == "changed" else {}
        body = pair.new.body(change.identity)
        known = {image for _, image in images.named(old, "")}
        digests = {image.partition("@")[0].rpartition(":")[0] for image in known if "@" in image}
        for path, image in images.named(body, ""):
            if "@" not in image and image not in known and image.rpartition(":")[0] in digests:
                message = f"{image} has lost its digest: its tag may move; run make lock-images"
                yield Finding(_GATE, change.identity, path, message)
        for path, spec in pod_specs(body):
            for found in images.exact(spec):
                if not any(found.message.startswith(f"{image} ") for image in known):
                    yield Finding(_GATE, change.identity, f"{path}.{found.path}", found.message)
        for found in images.foreign(body, pair.new.env) if pair.new.env else ():
            if not any(found.message.startswith(f"{image} ") for image in known):
                yield Finding(_GATE, change.identity, found.path, found.message)
