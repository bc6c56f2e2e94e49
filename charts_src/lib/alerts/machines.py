"""Nodes, volumes and pods: what everything else runs on; and what the nodes cost.

Metrics, with their source: karpenter_* pkg/controllers/metrics and pkg/controllers/interruption of
karpenter-provider-aws v1.15.1 and pkg/cloudprovider/metrics of karpenter v1.15.0; kube_nodeclaim_* and
kube_nodepool_* lib/object_states.py; other kube_* kube-state-metrics v2.20.0; kubelet_volume_stats_*
Kubernetes; node_* node_exporter 1.12.1.

Conditions of nodes: those of the EKS node monitoring agent 1.7.0 are True when all is well; those of the node
problem detector are True when something is wrong.
"""

from charts_src.lib.alerts.rule import alert, group, record
from charts_src.model.monitoring import Monitoring
from charts_src.objects import Body

NAME = "machines"
NODE_PRICE = "node:price:dollars_per_hour"

_GOOD = "AcceleratedHardwareReady|ContainerRuntimeReady|KernelReady|NetworkingReady|StorageReady"
_BAD = "DiskPressure|KernelDeadlock|MemoryPressure|NeuronHealth|PIDPressure|ReadonlyFilesystem"
_WARNINGS = "capacity_reservation_interrupted|instance_stopped|rebalance_recommendation|spot_interrupted"
"""Messages that a node is about to go: pkg/controllers/interruption/messages/types.go."""

_MESSAGES = f'karpenter_interruption_received_messages_total{{message_type=~"{_WARNINGS}"}}'


def groups(monitoring: Monitoring) -> list[Body]:
    """Give the rules."""
    return [
        group("prices", _price()),
        group("karpenter", *_karpenter()),
        group("nodes", *_nodes(monitoring)),
        group("volumes", *_volumes(monitoring)),
        group("pods", *_pods()),
    ]


def _price() -> Body:
    """Give each node the price that Karpenter reckons with for its type, zone and way of buying.

    Reserved nodes get the On-Demand price: they are paid for by the reservation, so that Karpenter counts
    them as almost free.
    """
    labels = {
        "instance_type": "label_node_kubernetes_io_instance_type",
        "zone": "label_topology_kubernetes_io_zone",
        "nodepool": "label_karpenter_sh_nodepool",
        "capacity_type": "label_karpenter_sh_capacity_type",
        "priced_as": "label_karpenter_sh_capacity_type",
    }
    nodes = 'kube_node_labels{label_karpenter_sh_nodepool!=""}'
    for name, source in labels.items():
        nodes = f'label_replace({nodes}, "{name}", "$1", "{source}", "(.+)")'
    nodes = f'label_replace({nodes}, "priced_as", "on-demand", "capacity_type", "reserved")'
    offers = (
        'label_replace(karpenter_cloudprovider_instance_type_offering_price_estimate, "priced_as", "$1", '
    )
    offers += '"capacity_type", "(.+)")'
    return record(
        NODE_PRICE,
        f"""max by (node, nodepool, instance_type, capacity_type, zone, priced_as) ({nodes})
        * on (instance_type, zone, priced_as) group_left ()
        max by (instance_type, zone, priced_as) ({offers})""",
    )


def _karpenter() -> list[Body]:
    return [
        alert(
            "NodeClaimNotReady",
            "warning",
            'max by (name, nodepool) (kube_nodeclaim_condition{type="Ready"}) == 0',
            20,
            "NodeClaim {{ $labels.name }} of pool {{ $labels.nodepool }} has become no node",
            "See its conditions: not launched, not registered, or waiting for a device plugin.",
        ),
        alert(
            "NodePoolNotReady",
            "critical",
            'max by (name) (kube_nodepool_condition{type="Ready"}) == 0',
            10,
            "Node pool {{ $labels.name }} can't launch nodes",
            "See the conditions of its EC2NodeClass: subnets, security groups, image or role are missing.",
        ),
        alert(
            "InsufficientCapacity",
            "warning",
            """sum by (nodepool) (
            increase(karpenter_cloudprovider_errors_total{error="InsufficientCapacityError"}[15m])) > 0""",
            15,
            "AWS has not the instances that node pool {{ $labels.nodepool }} asks for",
            "Allow more instance types, zones or ways of buying in it, or reserve capacity.",
        ),
        alert(
            "NodePoolAtLimit",
            "warning",
            """max by (nodepool, resource_type) (karpenter_nodepools_usage / karpenter_nodepools_limit) >= 1
            and max by (nodepool, resource_type) (karpenter_nodepools_limit) > 0""",
            30,
            "Node pool {{ $labels.nodepool }} has all the {{ $labels.resource_type }} that it may have",
            "Pods that do not fit wait. Raise max_nodes of the pool, or find out who needs so much.",
        ),
        alert(
            "NodesInterrupted",
            "info",
            f"sum by (message_type) (increase({_MESSAGES}[15m])) > 0",
            0,
            "AWS takes nodes back: {{ $labels.message_type }}",
            "Karpenter drains them. Jobs resume from their last checkpoint.",
        ),
    ]


def _nodes(monitoring: Monitoring) -> list[Body]:
    full = monitoring.alerts.volume_full_percent / 100
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
            f"{of_claim} ({used}) > {monitoring.alerts.volume_full_percent / 100}",
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
