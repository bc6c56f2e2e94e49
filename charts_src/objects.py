"""What a Kubernetes object is to this project: plain data with an identity."""

from collections.abc import Iterator
from typing import Any, Final, NamedTuple

NOT_OBJECTS: Final = (
    "bootstrap.yaml",
    "images.yaml",
    "kustomization.yaml",
    "provenance.yaml",
    "teardown.yaml",
)
"""Names of generated YAML files that hold no Kubernetes object: kustomize's, ours on inputs, plans."""

AWS_FOLDER: Final = "aws"
"""Folder of an environment with what is made in AWS, beside those of components; Argo CD syncs none of it."""

Body = dict[str, Any]
"""One Kubernetes object as plain data."""


class Identity(NamedTuple):
    """What makes an object one and the same; the namespace of a cluster-scoped one is ""."""

    group: str
    kind: str
    namespace: str
    name: str

    @classmethod
    def of(cls, body: Body) -> "Identity":
        """Read the identity of an object from its apiVersion, kind and metadata."""
        group = body["apiVersion"].rpartition("/")[0]
        metadata = body["metadata"]
        return cls(group, body["kind"], metadata.get("namespace", ""), metadata["name"])

    def __str__(self) -> str:
        """Write the identity as error messages show it: Kind namespace/name."""
        return f"{self.kind} {self.namespace}/{self.name}" if self.namespace else f"{self.kind} {self.name}"


def pod_specs(body: Body) -> list[tuple[str, Body]]:
    """Find every PodSpec of an object, those inside custom resources too, each with its path.

    A PodSpec is a mapping whose `containers` is a list of mappings with an image. A CRD describes pods and
    has none.
    """
    return [] if body["kind"] == "CustomResourceDefinition" else list(_pod_specs(body, ""))


def _pod_specs(value: Any, path: str) -> Iterator[tuple[str, Body]]:
    if isinstance(value, dict):
        containers = value.get("containers")
        if isinstance(containers, list) and all(isinstance(c, dict) and "image" in c for c in containers):
            yield path, value
        else:
            for key, item in value.items():
                yield from _pod_specs(item, f"{path}.{key}" if path else key)
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _pod_specs(item, f"{path}[{index}]")


def all_containers(spec: Body) -> Iterator[tuple[str, Body]]:
    """Give every container of a PodSpec, init and ephemeral ones too, each with its path in the spec."""
    for field in ("initContainers", "containers", "ephemeralContainers"):
        for index, container in enumerate(spec.get(field, ())):
            yield f"{field}[{index}]", container
