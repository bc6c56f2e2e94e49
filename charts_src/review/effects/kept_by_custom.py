"""Fields of custom resources that can't be changed.

Sources: the transition rules (CEL with `oldSelf`) of the definitions in schemas/upstream/crds, all of which
stand here but those of Kueue's Workloads, which no manifest makes; and the webhooks of Kueue 0.19.2.
"""

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


_ANOTHER_POOL: Final = (
    "make a NodePool of another name, and remove {name} when the nodes of that are there: its nodes drain, "
    "each until terminationGracePeriod ends"
)
_JOBS: Final = {"job": "Job", "mpijob": "MPIJob", "raycluster": "RayCluster", "rayjob": "RayJob"}
"""Name of a framework in Kueue's configuration -> kind."""

_KARPENTER: Final = (
    Rule(
        "karpenter.sh",
        ("NodePool",),
        ("spec.template.spec.nodeClassRef.group", "spec.template.spec.nodeClassRef.kind"),
        _ANOTHER_POOL,
        _TRANSITION,
        when=set_on_both_sides,
    ),
    Rule(
        "karpenter.sh",
        ("NodePool",),
        ("spec.replicas",),
        _ANOTHER_POOL,
        _TRANSITION,
        when=appears_or_goes,
    ),
    Rule(
        "karpenter.sh",
        ("NodeClaim",),
        ("spec",),
        "change its NodePool instead; Karpenter makes the claims",
        _TRANSITION,
        when=set_on_both_sides,
    ),
)

_RAY: Final = Rule(
    "ray.io",
    ("RayCluster", "RayJob", "RayService"),
    ("spec.managedBy", "spec.rayClusterConfig.managedBy", "spec.rayClusterSpec.managedBy"),
    "{sync}; all its pods end",
    _TRANSITION,
    when=set_on_both_sides,
)

_QUEUES: Final = (
    Rule(
        _KUEUE,
        ("LocalQueue",),
        ("spec.clusterQueue",),
        "set its stopPolicy to HoldAndDrain, {sync}; what waited in it is admitted anew",
        _TRANSITION,
        when=set_on_both_sides,
    ),
    Rule(
        _KUEUE,
        ("AdmissionCheck",),
        ("spec.controllerName",),
        "{sync}; until then its ClusterQueues admit nothing",
        _TRANSITION,
        when=set_on_both_sides,
    ),
    Rule(
        _KUEUE,
        ("Topology",),
        ("spec.levels",),
        "make a Topology of another name, and ResourceFlavors that name it",
        _TRANSITION,
        when=set_on_both_sides,
    ),
    Rule(
        _KUEUE,
        ("ResourceFlavor",),
        ("spec.nodeLabels", "spec.tolerations", "spec.topologyName"),
        "make a ResourceFlavor of another name, and put it into the ClusterQueues in place of {name}",
        _TRANSITION,
        when=_has_topology,
    ),
    Rule(
        _KUEUE,
        ("ClusterQueue",),
        ("spec.concurrentAdmissionPolicy",),
        "set its stopPolicy to HoldAndDrain, {sync}",
        "ValidateClusterQueueUpdate of pkg/webhooks/clusterqueue_webhook.go",
    ),
)


def _queued(framework: str) -> Rule:
    """Keep a job that isn't suspended in its queue."""
    group, _, kind = framework.partition("/")
    return Rule(
        group,
        (_JOBS[kind],),
        (f'metadata.labels["{_KUEUE}/queue-name"]',),
        "set spec.suspend first and wait until its pods have ended, or {sync}",
        "validateUpdateForQueueName of pkg/controller/jobframework/validation.go",
        when=_not_suspended,
    )


CUSTOM: Final = (*_KARPENTER, _RAY, *_QUEUES, *map(_queued, FRAMEWORKS))
