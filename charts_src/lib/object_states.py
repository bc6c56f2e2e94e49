"""Metrics that kube-state-metrics makes of custom resources, and the rules that it needs for that.

Sources: docs/metrics/extend/customresourcestate-metrics.md of kube-state-metrics v2.20.0; the status of each
kind in its definition. A condition is 1 when it is "True", and 0 when it is "False" or "Unknown".
"""

from typing import NamedTuple

from charts_src.lib.rbac import Rule
from charts_src.objects import Body

_RAY_JOB_STATUSES = (
    "Initializing",
    "Running",
    "Complete",
    "Failed",
    "ValidationFailed",
    "Suspending",
    "Suspended",
    "Retrying",
    "Waiting",
)
"""JobDeploymentStatus in apis/ray/v1/rayjob_types.go of ray-operator v1.6.2, without the empty one."""


class _Kind(NamedTuple):
    """A kind with conditions in its status."""

    group: str
    version: str
    kind: str
    plural: str
    prefix: str
    """Start of the metrics' names."""
    labels: dict[str, list[str]]
    """Further labels, each with the path to its value."""
    metrics: tuple[Body, ...] = ()
    """What is made beside <prefix>_condition."""


def _gauge(name: str, text: str, path: list[str]) -> Body:
    gauge = {"path": path, "nilIsZero": True}
    return {"name": name, "help": text, "each": {"type": "Gauge", "gauge": gauge}}


_KINDS = (
    _Kind(
        "karpenter.sh",
        "v1",
        "NodeClaim",
        "nodeclaims",
        "kube_nodeclaim",
        {
            "nodepool": ["metadata", "labels", "karpenter.sh/nodepool"],
            "capacity_type": ["metadata", "labels", "karpenter.sh/capacity-type"],
            "instance_type": ["metadata", "labels", "node.kubernetes.io/instance-type"],
        },
    ),
    _Kind("karpenter.sh", "v1", "NodePool", "nodepools", "kube_nodepool", {}),
    _Kind(
        "ray.io",
        "v1",
        "RayCluster",
        "rayclusters",
        "kube_raycluster",
        {},
        (
            _gauge("workers_desired", "Workers that should run.", ["status", "desiredWorkerReplicas"]),
            _gauge("workers_ready", "Workers that are ready.", ["status", "readyWorkerReplicas"]),
        ),
    ),
    _Kind(
        "ray.io",
        "v1",
        "RayJob",
        "rayjobs",
        "kube_rayjob",
        {},
        (
            {
                "name": "status",
                "help": "How far the job is.",
                "each": {
                    "type": "StateSet",
                    "stateSet": {
                        "labelName": "status",
                        "path": ["status", "jobDeploymentStatus"],
                        "list": list(_RAY_JOB_STATUSES),
                    },
                },
            },
        ),
    ),
    _Kind("ray.io", "v1", "RayService", "rayservices", "kube_rayservice", {}),
    _Kind("kubeflow.org", "v2beta1", "MPIJob", "mpijobs", "kube_mpijob", {}),
    _Kind(
        "kueue.x-k8s.io",
        "v1beta2",
        "ClusterQueue",
        "clusterqueues",
        "kube_clusterqueue",
        {},
    ),
    _Kind(
        "kueue.x-k8s.io",
        "v1beta2",
        "Workload",
        "workloads",
        "kube_workload",
        {"queue": ["spec", "queueName"], "priority_class": ["spec", "priorityClassRef", "name"]},
    ),
)
"""All but RayJob, which has a status of one word instead, have conditions."""


def object_states() -> Body:
    """Give the configuration of kube-state-metrics."""
    return {"kind": "CustomResourceStateMetrics", "spec": {"resources": [_resource(kind) for kind in _KINDS]}}


def rules() -> tuple[Rule, ...]:
    """Give what kube-state-metrics may read for it: the kinds, and the definitions that it finds them by."""
    groups = dict.fromkeys(kind.group for kind in _KINDS)
    plurals = {group: tuple(kind.plural for kind in _KINDS if kind.group == group) for group in groups}
    return (
        Rule("apiextensions.k8s.io", ("customresourcedefinitions",), ("list", "watch")),
        *(Rule(group, names, ("list", "watch")) for group, names in plurals.items()),
    )


def _resource(kind: _Kind) -> Body:
    condition = {
        "name": "condition",
        "help": f"Condition of a {kind.kind}.",
        "each": {
            "type": "Gauge",
            "gauge": {
                "path": ["status", "conditions"],
                "labelsFromPath": {"type": ["type"], "reason": ["reason"]},
                "valueFrom": ["status"],
            },
        },
    }
    return {
        "groupVersionKind": {"group": kind.group, "version": kind.version, "kind": kind.kind},
        "metricNamePrefix": kind.prefix,
        "labelsFromPath": {
            "name": ["metadata", "name"],
            "namespace": ["metadata", "namespace"],
            **kind.labels,
        },
        "metrics": [condition, *kind.metrics] if kind.kind != "RayJob" else list(kind.metrics),
    }
