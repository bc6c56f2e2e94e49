"""Both sides of an environment, from a few bodies."""

from collections.abc import Sequence

from charts_src.emit import emit
from charts_src.objects import Body
from charts_src.publish import Files
from charts_src.review.read import pair_of
from charts_src.review.sides import Pair


def pair(old: Sequence[Body], new: Sequence[Body], *, name: str = "prod", component: str = "app") -> Pair:
    """Put all objects into one component of an environment that is not known."""
    return pair_of(name, (None, files(old, component)), (None, files(new, component)))


def files(bodies: Sequence[Body], component: str) -> Files:
    """Write each object into a file of its own."""
    return {
        f"{component}/{body['kind']}-{body['metadata']['name']}.yaml".lower(): emit(body) for body in bodies
    }


def body(api: str, kind: str, spec: Body | None = None, **fields: object) -> Body:
    """Give an object of the name `x`, in the namespace `ns` unless its fields say otherwise."""
    made: Body = {"apiVersion": api, "kind": kind, "metadata": {"name": "x", "namespace": "ns"}}
    return made | ({} if spec is None else {"spec": spec}) | fields


def workload(kind: str, image: str = "quay.io/a/b:v1", **spec: object) -> Body:
    """Give a Deployment, DaemonSet or StatefulSet of one container."""
    labels = {"app": "x"}
    template = {"metadata": {"labels": labels}, "spec": {"containers": [{"name": "main", "image": image}]}}
    return body("apps/v1", kind, {"selector": {"matchLabels": dict(labels)}, "template": template, **spec})
