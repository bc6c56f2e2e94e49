"""What Kueue does, as its configuration file says it.

Sources, sigs.k8s.io/kueue@v0.19.2: apis/config/v1beta2 (fields and defaults), pkg/config/validation.go (which
feature gates need which), pkg/features/kube_features.go (gates and their defaults).
"""

from typing import Any

from charts_src.lib.namespaces import KUEUE_SYSTEM
from charts_src.lib.network import NAMESPACE_LABEL
from charts_src.lib.queues import QUEUE_NAMESPACES

METRICS_PORT = 8443
HEALTH_PORT = 8081
WEBHOOK_PORT = 9443

FRAMEWORKS = ("batch/job", "kubeflow.org/mpijob", "ray.io/raycluster", "ray.io/rayjob")
"""Kinds of jobs that wait in queues. Without:

- pod, deployment, statefulset: they put a webhook that fails closed in the way of every pod.
- ray.io/rayservice: services start without a queue.
- sparkoperator.k8s.io/sparkapplication: alpha, and it refuses dynamic allocation.
- kinds whose operators are not here (jobset, trainjob, leaderworkerset, pytorchjob, ...).
"""

FEATURE_GATES = {
    "ElasticJobsViaWorkloadSlices": False,
    "MultiKueue": False,
    "TASFailedNodeReplacement": False,
    "TASFailedNodeReplacementFailFast": False,
    "TASHandleOverlappingFlavors": False,
    "TASMultiLayerTopology": False,
    "TASProfileMixed": False,
    "TASRecomputeAssignmentWithinSchedulingCycle": False,
    "TASReplaceNodeOnNodeTaints": False,
    "TASReplaceNodeOnPodTermination": False,
    "TopologyAwareScheduling": False,
    "VisibilityOnDemand": False,
}
"""Gates that are on by default and off here:

- TopologyAwareScheduling and the gates that need it: it places pods on nodes that exist, and Karpenter
  launches them only for pods. ElasticJobsViaWorkloadSlices changes running jobs. Without both, Kueue needs no
  permission to read and change the pods and nodes of the whole cluster.
- MultiKueue: there is one cluster; without it Kueue reads no Secret.
- VisibilityOnDemand: an aggregated API, and one that does not answer keeps every namespace from being
  deleted. Workloads, the status of queues and metrics show what waits.
"""


def namespace_selector() -> dict[str, Any]:
    """Give the selector of the namespaces with queues."""
    return {
        "matchExpressions": [{"key": NAMESPACE_LABEL, "operator": "In", "values": list(QUEUE_NAMESPACES)}]
    }


def configuration(pods_ready_minutes: int, retries: int) -> dict[str, Any]:
    """Give the configuration file.

    - internalCertManagement is off: it writes certificates into objects that Argo CD owns.
    - manageJobsWithoutQueueName is off: a job without a queue starts at once, as if Kueue were not there.
    - waitForPodsReady makes the start of a job all or nothing. It does not block the admission of others
      while nodes boot: quotas are the pools' limits, so jobs that were let in don't compete for nodes. It
      ends in a deactivated Workload after the last retry instead of paying for nodes without end.
    - ephemeral-storage and huge pages have no quota; without the exclusion a job that asks for them would
      wait for ever.
    - Workloads of finished jobs are deleted after a week; upstream keeps them.
    """
    return {
        "apiVersion": "config.kueue.x-k8s.io/v1beta2",
        "kind": "Configuration",
        "namespace": KUEUE_SYSTEM,
        "health": {"healthProbeBindAddress": f":{HEALTH_PORT}"},
        "metrics": {"bindAddress": f":{METRICS_PORT}", "enableClusterQueueResources": True},
        "webhook": {"port": WEBHOOK_PORT},
        "leaderElection": {"leaderElect": True, "resourceName": "c1f6bfd2.kueue.x-k8s.io"},
        "controller": {
            "groupKindConcurrency": {
                "ClusterQueue.kueue.x-k8s.io": 5,
                "Cohort.kueue.x-k8s.io": 1,
                "Job.batch": 5,
                "LocalQueue.kueue.x-k8s.io": 5,
                "ResourceFlavor.kueue.x-k8s.io": 1,
                "Workload.kueue.x-k8s.io": 10,
            }
        },
        "clientConnection": {"qps": 300, "burst": 500},
        "internalCertManagement": {"enable": False},
        "manageJobsWithoutQueueName": False,
        "managedJobsNamespaceSelector": namespace_selector(),
        "waitForPodsReady": _wait_for_pods_ready(pods_ready_minutes, retries),
        "fairSharing": {"preemptionStrategies": ["LessThanOrEqualToFinalShare", "LessThanInitialShare"]},
        "resources": {"excludeResourcePrefixes": ["ephemeral-storage", "hugepages-"]},
        "objectRetentionPolicies": {"workloads": {"afterFinished": "168h"}},
        "integrations": {"frameworks": list(FRAMEWORKS)},
        "featureGates": FEATURE_GATES,
    }


def _wait_for_pods_ready(minutes: int, retries: int) -> dict[str, Any]:
    return {
        "timeout": f"{minutes}m",
        "recoveryTimeout": f"{minutes}m",
        "blockAdmission": False,
        "requeuingStrategy": {
            "timestamp": "Eviction",
            "backoffLimitCount": retries,
            "backoffBaseSeconds": 60,
            "backoffMaxSeconds": 3600,
        },
    }
