"""Nodes, volumes and pods: what everything else runs on.

Metrics, with their source: kube_* kube-state-metrics v2.20.0; kubelet_volume_stats_* Kubernetes; node_*
node_exporter 1.12.1.

Conditions of nodes: those of the EKS node monitoring agent 1.7.0 are True when all is well; those of the node
problem detector are True when something is wrong.
"""

from charts_src.lib.alerts.rule import alert, group
from charts_src.model.monitoring import Monitoring
from charts_src.objects import Body

NAME = "machines"

_GOOD = "AcceleratedHardwareReady|ContainerRuntimeReady|KernelReady|NetworkingReady|StorageReady"
_BAD = "DiskPressure|KernelDeadlock|MemoryPressure|NeuronHealth|PIDPressure|ReadonlyFilesystem"


def groups(monitoring: Monitoring) -> list[Body]:
    """Give the rules."""
    return [
        group("nodes", *_nodes(monitoring)),
        group("volumes", *_volumes(monitoring)),
        group("pods", *_pods()),
    ]


def _nodes(monitoring: Monitoring) -> list[Body]:
    full = f"{monitoring.alerts.volume_full_percent} / 100"
    disk = '{mountpoint="/",fstype!~"tmpfs|overlay"}'
    used = f"1 - max by (node) (node_filesystem_avail_bytes{disk} / node_filesystem_size_bytes{disk})"
    return [
        alert(
            "NodeNotReady",
            "warning",
            'max by (node) (kube_node_status_condition{condition="Ready",status="true"}) == 0',
            10,
            "Node {{ $labels.node }} is not ready",
            "Karpenter replaces it after 30 minutes where node repair is on; else delete its NodeClaim.",
        ),
        alert(
            "NodeBroken",
            "critical",
            f"""max by (node, condition) (
            kube_node_status_condition{{condition=~"{_GOOD}",status="false"}}
            or kube_node_status_condition{{condition=~"{_BAD}",status="true"}}) == 1""",
            5,
            "Node {{ $labels.node }} reports {{ $labels.condition }}",
            "See the reason in `kubectl describe node`; without node repair, delete the NodeClaim.",
        ),
        alert(
            "NodeDiskFills",
            "warning",
            f"{used} > {full}",
            15,
            "The disk of node {{ $labels.node }} is nearly full",
            "The kubelet evicts pods at 90 %. Look for pods that write to their own file system, or enlarge "
            "root_volume_gib of the pool.",
        ),
    ]


def _volumes(monitoring: Monitoring) -> list[Body]:
    used = "1 - kubelet_volume_stats_available_bytes / kubelet_volume_stats_capacity_bytes"
    of_claim = "max by (namespace, persistentvolumeclaim)"
    claim = "{{ $labels.namespace }}/{{ $labels.persistentvolumeclaim }}"
    return [
        alert(
            "VolumeFills",
            "warning",
            f"{of_claim} ({used}) > {monitoring.alerts.volume_full_percent} / 100",
            15,
            f"Volume {claim} is nearly full",
            "Delete what is not needed, such as old checkpoints, or enlarge the claim (EBS) or the file "
            "system (FSx).",
        ),
        alert(
            "VolumeFull",
            "critical",
            f"{of_claim} ({used}) > 0.97",
            5,
            f"Volume {claim} is full",
            "Writing fails. Delete what is not needed, or enlarge the claim (EBS) or the file system (FSx).",
        ),
        alert(
            "VolumeOutOfInodes",
            "warning",
            f"{of_claim} (kubelet_volume_stats_inodes_free / kubelet_volume_stats_inodes) < 0.05",
            15,
            f"Volume {claim} can hold hardly any more files",
            "Delete small files, or put them into archives.",
        ),
    ]


def _pods() -> list[Body]:
    return [
        alert(
            "PodCrashes",
            "warning",
            """max by (namespace, pod, container) (
            max_over_time(kube_pod_container_status_waiting_reason{reason="CrashLoopBackOff"}[5m])) == 1""",
            15,
            "Container {{ $labels.container }} of {{ $labels.namespace }}/{{ $labels.pod }} crashes",
            "See `kubectl logs --previous`.",
        ),
        alert(
            "ImageNotFound",
            "warning",
            """max by (namespace, pod, container) (
            kube_pod_container_status_waiting_reason{reason=~"ErrImagePull|ImagePullBackOff"}) == 1""",
            15,
            "The image of {{ $labels.namespace }}/{{ $labels.pod }} can't be pulled",
            "Is it in the registry, and may the node read that?",
        ),
        alert(
            "DeploymentIncomplete",
            "warning",
            """max by (namespace, deployment) (
            kube_deployment_spec_replicas - kube_deployment_status_replicas_available) > 0""",
            20,
            "Deployment {{ $labels.namespace }}/{{ $labels.deployment }} has fewer pods than it should",
            "See its pods: pending, crashing, or not ready.",
        ),
        alert(
            "StatefulSetIncomplete",
            "warning",
            """max by (namespace, statefulset) (
            kube_statefulset_replicas - kube_statefulset_status_replicas_ready) > 0""",
            20,
            "StatefulSet {{ $labels.namespace }}/{{ $labels.statefulset }} has fewer pods than it should",
            "See its pods: pending, crashing, or not ready.",
        ),
        alert(
            "DaemonSetIncomplete",
            "warning",
            """max by (namespace, daemonset) (
            kube_daemonset_status_desired_number_scheduled - kube_daemonset_status_number_ready) > 0""",
            30,
            "DaemonSet {{ $labels.namespace }}/{{ $labels.daemonset }} does not run on every node it should",
            "See its pods: an agent that is missing takes volumes, devices or metrics from its node.",
        ),
    ]
