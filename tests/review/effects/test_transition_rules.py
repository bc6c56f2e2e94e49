"""Every transition rule of the definitions that we render is known, and a new one is noticed."""

import json
from collections.abc import Iterator
from typing import Any

from charts_src import ROOT
from charts_src.review.effects.replaced import RULES

CRDS = ROOT / "schemas" / "upstream" / "crds"

WORKLOADS = "workloads.kueue.x-k8s.io"
"""Kueue makes its Workloads itself; no manifest has one."""

KNOWN = {
    ("AdmissionCheck", "spec.controllerName", "self == oldSelf"),
    ("LocalQueue", "spec.clusterQueue", "self == oldSelf"),
    ("NodeClaim", "spec", "self == oldSelf"),
    ("NodePool", "spec", "has(self.replicas) == has(oldSelf.replicas)"),
    ("NodePool", "spec.template.spec.nodeClassRef", "self.group == oldSelf.group"),
    ("NodePool", "spec.template.spec.nodeClassRef", "self.kind == oldSelf.kind"),
    ("RayCluster", "spec.managedBy", "self == oldSelf"),
    ("RayJob", "spec.managedBy", "self == oldSelf"),
    ("RayJob", "spec.rayClusterSpec.managedBy", "self == oldSelf"),
    ("RayService", "spec.managedBy", "self == oldSelf"),
    ("RayService", "spec.rayClusterConfig.managedBy", "self == oldSelf"),
    ("ResourceFlavor", "spec", "nodeLabels"),
    ("ResourceFlavor", "spec", "tolerations"),
    ("ResourceFlavor", "spec", "topologyName"),
    ("Topology", "spec.levels", "self == oldSelf"),
}
"""Kind, where its rule stands, and the rule; of those of ResourceFlavor the field that they are about."""


def transitions(schema: Any, path: str) -> Iterator[tuple[str, str]]:
    for each in schema.get("x-kubernetes-validations", ()):
        if "oldSelf" in each["rule"]:
            yield path, " ".join(each["rule"].split())
    for name, below in schema.get("properties", {}).items():
        yield from transitions(below, f"{path}.{name}" if path else name)
    for name in ("items", "additionalProperties"):
        if isinstance(schema.get(name), dict):
            yield from transitions(schema[name], f"{path}[]")


def rules() -> Iterator[tuple[str, str, str]]:
    for file in sorted(CRDS.glob("*.json")):
        text = file.read_text(encoding="utf-8")
        if "oldSelf" not in text or file.stem == WORKLOADS:
            continue
        spec = json.loads(text)["spec"]
        for version in spec["versions"]:
            for path, rule in transitions(version["schema"]["openAPIV3Schema"], ""):
                if rule.startswith("!has(oldSelf.topologyName)"):
                    rule = rule.rpartition("oldSelf.")[2].rstrip(")")
                yield spec["names"]["kind"], path, rule


def test_every_transition_rule_is_known() -> None:
    assert set(rules()) == KNOWN


def test_every_kind_with_a_transition_rule_has_a_remedy() -> None:
    assert {kind for kind, _, _ in KNOWN} <= {kind for rule in RULES for kind in rule.kinds}
