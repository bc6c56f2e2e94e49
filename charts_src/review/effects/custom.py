"""Fields of custom resources that can't be changed.

Sources: the transition rules (CEL with `oldSelf`) of the definitions in schemas/upstream/crds, all of which
stand here but those of Kueue's Workloads, which no manifest makes; and the webhooks of Kueue 0.19.2.
"""

from collections.abc import Iterator
from typing import Final

from charts_src.diff.fields import FieldChange
from charts_src.lib.kueue_config import FRAMEWORKS
from charts_src.review.effects.edit import Edit, value_at
from charts_src.review.effects.rule import Rule, appears_or_goes, set_on_both_sides

_KUEUE = "kueue.x-k8s.io"
_TRANSITION = "x-kubernetes-validations of its definition"


def _has_topology(edit: Edit, field: str, change: FieldChange) -> bool:  # noqa: ARG001
    return value_at(edit.old, "spec.topologyName") is not None


def _not_suspended(edit: Edit, field: str, change: FieldChange) -> bool:  # noqa: ARG001
    return value_at(edit.new, "spec.suspend") is not True


def _karpenter() -> Iterator[Rule]:
    pool = (
        "make a NodePool of another name, and remove {name} when that one's nodes are there: its nodes drain, "
        "each until terminationGracePeriod ends"
    )
    classes = ("spec.template.spec.nodeClassRef.group", "spec.template.spec.nodeClassRef.kind")
    group = "karpenter.sh"
    yield Rule(group, ("NodePool",), classes, pool, _TRANSITION, when=set_on_both_sides)
    yield Rule(group, ("NodePool",), ("spec.replicas",), pool, _TRANSITION, when=appears_or_goes)
    claim = "change its NodePool instead; Karpenter makes the claims"
    yield Rule(group, ("NodeClaim",), ("spec",), claim, _TRANSITION, when=set_on_both_sides)


def _ray() -> Iterator[Rule]:
    fields = ("spec.managedBy", "spec.rayClusterConfig.managedBy", "spec.rayClusterSpec.managedBy")
    kinds = ("RayCluster", "RayJob", "RayService")
    yield Rule("ray.io", kinds, fields, "{sync}; all its pods end", _TRANSITION, when=set_on_both_sides)


def _queues() -> Iterator[Rule]:
    yield Rule(
        _KUEUE,
        ("LocalQueue",),
        ("spec.clusterQueue",),
        "set its stopPolicy to HoldAndDrain, {sync}; what waited in it is admitted anew",
        _TRANSITION,
        when=set_on_both_sides,
    )
    yield Rule(
        _KUEUE,
        ("AdmissionCheck",),
        ("spec.controllerName",),
        "{sync}; until then its ClusterQueues admit nothing",
        _TRANSITION,
        when=set_on_both_sides,
    )
    yield Rule(
        _KUEUE,
        ("Topology",),
        ("spec.levels",),
        "make a Topology of another name, and ResourceFlavors that name it",
        _TRANSITION,
        when=set_on_both_sides,
    )
    yield Rule(
        _KUEUE,
        ("ResourceFlavor",),
        ("spec.nodeLabels", "spec.tolerations", "spec.topologyName"),
        "make a ResourceFlavor of another name, and put it into the ClusterQueues in place of {name}",
        _TRANSITION,
        when=_has_topology,
    )
    yield Rule(
        _KUEUE,
        ("ClusterQueue",),
        ("spec.concurrentAdmissionPolicy",),
        "set its stopPolicy to HoldAndDrain, {sync}",
        "ValidateClusterQueueUpdate of pkg/webhooks/clusterqueue_webhook.go",
    )


def _queued_jobs() -> Iterator[Rule]:
    for framework in FRAMEWORKS:
        group, _, kind = framework.partition("/")
        yield Rule(
            group,
            (_KINDS[kind],),
            (f'metadata.labels["{_KUEUE}/queue-name"]',),
            "set spec.suspend first and wait until its pods have ended, or {sync}",
            "validateUpdateForQueueName of pkg/controller/jobframework/validation.go",
            when=_not_suspended,
        )


_KINDS: Final = {"job": "Job", "mpijob": "MPIJob", "raycluster": "RayCluster", "rayjob": "RayJob"}
"""Name of a framework in Kueue's configuration -> kind."""

CUSTOM: Final = (*_karpenter(), *_ray(), *_queues(), *_queued_jobs())
