"""What ordering and permissions need to know of one object: small enough to cache for each component."""

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

from charts_src.objects import Body, Identity, pod_specs
from charts_src.references.named import SCHEDULER, Reference, references

Labels = dict[str, str]


class Resource(NamedTuple):
    """A kind, as a CustomResourceDefinition defines it."""

    group: str
    kind: str
    plural: str


class Summary(NamedTuple):
    """One object, as far as other objects care."""

    identity: Identity
    references: tuple[Reference, ...]
    """Objects that it names."""
    provides: tuple[Resource, ...]
    """Kinds that it defines (a CustomResourceDefinition)."""
    makes: tuple[Identity, ...]
    """Objects that its controller makes for it and others name."""
    controls: tuple[tuple[str, str], ...]
    """(group, plural) whose status it lets others write (a role): they are controllers of that kind."""
    pods: tuple[Labels, ...]
    """Node selector of each pod, or pod template, in it."""
    node_labels: Labels
    """Labels of the nodes that it makes (a NodePool)."""

    def to_json(self) -> list[Any]:
        """Give the record as plain lists, strings and mappings."""
        return list(self)

    @classmethod
    def from_json(cls, data: list[Any]) -> "Summary":
        """Read what `to_json` gave, also after a round trip through JSON text."""
        identity, refs, provides, makes, controls, pods, node_labels = data
        return cls(
            Identity(*identity),
            tuple(Reference(Identity(*target), path) for target, path in refs),
            tuple(Resource(*resource) for resource in provides),
            tuple(Identity(*made) for made in makes),
            tuple((group, plural) for group, plural in controls),
            tuple(pods),
            node_labels,
        )


def summarise(body: Body) -> Summary:
    """Record what ordering and permissions need to know of an object."""
    kind = body["kind"]
    return Summary(
        Identity.of(body),
        references(body),
        tuple(_provides(body)) if kind == "CustomResourceDefinition" else (),
        tuple(_makes(body)),
        tuple(sorted(set(_controls(body)))) if kind in ("ClusterRole", "Role") else (),
        tuple(spec.get("nodeSelector", {}) for _, spec in pod_specs(body)),
        body["spec"]["template"].get("metadata", {}).get("labels", {}) if kind == "NodePool" else {},
    )


def _provides(body: Body) -> Iterator[Resource]:
    names = body["spec"]["names"]
    yield Resource(body["spec"]["group"], names["kind"], names["plural"])


def _makes(body: Body) -> Iterator[Identity]:
    """Name what controllers make.

    Sources: ray-operator v1.6.2 (controllers/ray/utils/util.go), the APIs of cert-manager and External
    Secrets, and the configuration of kube-scheduler.
    """
    identity = Identity.of(body)
    if identity[:2] == ("ray.io", "RayService"):
        for suffix in ("head-svc", "serve-svc"):
            yield Identity("", "Service", identity.namespace, f"{identity.name}-{suffix}")
    if identity[:2] == ("ray.io", "RayCluster"):
        yield Identity("", "Service", identity.namespace, f"{identity.name}-head-svc")
    if identity[:2] == ("cert-manager.io", "Certificate"):
        yield Identity("", "Secret", identity.namespace, body["spec"]["secretName"])
    if identity[:2] == ("external-secrets.io", "ExternalSecret"):
        name = body["spec"].get("target", {}).get("name", identity.name)
        yield Identity("", "Secret", identity.namespace, name)
    if identity[:2] == ("", "ConfigMap"):
        yield from _schedulers(body)


def _schedulers(body: Body) -> Iterator[Identity]:
    """Name the schedulers that the configuration of a kube-scheduler in a ConfigMap describes."""
    for text in body.get("data", {}).values():
        if "KubeSchedulerConfiguration" in text:
            for name in re.findall(r"schedulerName: \"?([a-z0-9-]+)", text):
                yield Identity("", SCHEDULER, "", name)


def _controls(body: Body) -> Iterator[tuple[str, str]]:
    for rule in body.get("rules") or ():
        if {"update", "patch"} & set(rule["verbs"]):
            for resource in rule.get("resources", ()):
                plural, _, subresource = resource.partition("/")
                if subresource == "status":
                    yield from ((group, plural) for group in rule["apiGroups"])
