from pathlib import Path

from tests.alerts.promtool import Case, run

CLAIM = 'kube_nodeclaim_condition{name="gpu-1",nodepool="gpu",type="Ready",reason="x"}'
POOL = 'kube_nodepool_condition{name="gpu",type="Ready"}'
ERRORS = 'karpenter_cloudprovider_errors_total{controller="nodeclaim.lifecycle",nodepool="gpu",error='
USAGE, LIMIT = "karpenter_nodepools_usage", "karpenter_nodepools_limit"
NODES = '{nodepool="gpu",resource_type="nodes"}'
MESSAGES = "karpenter_interruption_received_messages_total"
CONDITION = "kube_node_status_condition"
ROOT = '{node="n1",mountpoint="/",fstype="xfs"}'
AVAILABLE, SIZE = "kubelet_volume_stats_available_bytes", "kubelet_volume_stats_capacity_bytes"
FREE, INODES = "kubelet_volume_stats_inodes_free", "kubelet_volume_stats_inodes"
VOLUME = '{namespace="training",persistentvolumeclaim="fsx",node="n1"}'
OF_VOLUME = {"namespace": "training", "persistentvolumeclaim": "fsx"}
CONTAINER = 'namespace="ray",pod="a",container="ray-head"'
OF_CONTAINER = {"namespace": "ray", "pod": "a", "container": "ray-head"}
REASON = "kube_pod_container_status_waiting_reason"

CASES = [
    Case("NodeClaimNotReady", {CLAIM: "0x60"}, {"name": "gpu-1", "nodepool": "gpu"}, {CLAIM: "0x45 1x15"}),
    Case("NodePoolNotReady", {POOL: "0x60"}, {"name": "gpu"}, {POOL: "1x60"}),
    Case(
        "InsufficientCapacity",
        {f'{ERRORS}"InsufficientCapacityError"}}': "0+1x60"},
        {"nodepool": "gpu"},
        {f'{ERRORS}"NodeClaimNotFoundError"}}': "0+1x60"},
    ),
    Case(
        "NodePoolAtLimit",
        {f"{USAGE}{NODES}": "4x60", f"{LIMIT}{NODES}": "4x60"},
        {"nodepool": "gpu", "resource_type": "nodes"},
        {f"{USAGE}{NODES}": "3x60", f"{LIMIT}{NODES}": "4x60"},
    ),
    Case(
        "NodesInterrupted",
        {f'{MESSAGES}{{message_type="spot_interrupted"}}': "0x50 1x10"},
        {"message_type": "spot_interrupted"},
        {f'{MESSAGES}{{message_type="no_op"}}': "0+1x60"},
    ),
    Case(
        "NodeNotReady",
        {f'{CONDITION}{{node="n1",condition="Ready",status="true"}}': "0x60"},
        {"node": "n1"},
        {f'{CONDITION}{{node="n1",condition="Ready",status="true"}}': "1x60"},
    ),
    Case(
        "NodeBroken",
        {f'{CONDITION}{{node="n1",condition="AcceleratedHardwareReady",status="false"}}': "1x60"},
        {"node": "n1", "condition": "AcceleratedHardwareReady"},
        {
            f'{CONDITION}{{node="n1",condition="AcceleratedHardwareReady",status="true"}}': "1x60",
            f'{CONDITION}{{node="n1",condition="KernelDeadlock",status="false"}}': "1x60",
        },
    ),
    Case(
        "NodeBroken",
        {f'{CONDITION}{{node="n1",condition="KernelDeadlock",status="true"}}': "1x60"},
        {"node": "n1", "condition": "KernelDeadlock"},
        {},
    ),
    Case(
        "NodeDiskFills",
        {f"node_filesystem_avail_bytes{ROOT}": "5x60", f"node_filesystem_size_bytes{ROOT}": "100x60"},
        {"node": "n1"},
        {f"node_filesystem_avail_bytes{ROOT}": "50x60", f"node_filesystem_size_bytes{ROOT}": "100x60"},
    ),
    Case(
        "VolumeFills",
        {f"{AVAILABLE}{VOLUME}": "10x60", f"{SIZE}{VOLUME}": "100x60"},
        OF_VOLUME,
        {f"{AVAILABLE}{VOLUME}": "40x60", f"{SIZE}{VOLUME}": "100x60"},
    ),
    Case(
        "VolumeFull",
        {f"{AVAILABLE}{VOLUME}": "2x60", f"{SIZE}{VOLUME}": "100x60"},
        OF_VOLUME,
        {f"{AVAILABLE}{VOLUME}": "10x60", f"{SIZE}{VOLUME}": "100x60"},
    ),
    Case(
        "VolumeOutOfInodes",
        {
            f"{FREE}{VOLUME}": "1x60",
            f"{INODES}{VOLUME}": "100x60",
        },
        OF_VOLUME,
        {
            f"{FREE}{VOLUME}": "9x60",
            f"{INODES}{VOLUME}": "100x60",
        },
    ),
    Case(
        "PodCrashes",
        {f'{REASON}{{{CONTAINER},reason="CrashLoopBackOff"}}': "1 0 1 0 1 0 1 0 1 0 1 0 1 0 1x50"},
        OF_CONTAINER,
        {f'{REASON}{{{CONTAINER},reason="ContainerCreating"}}': "1x60"},
    ),
    Case(
        "ImageNotFound",
        {f'{REASON}{{{CONTAINER},reason="ImagePullBackOff"}}': "1x60"},
        OF_CONTAINER,
        {f'{REASON}{{{CONTAINER},reason="ImagePullBackOff"}}': "1x30 0x30"},
    ),
    Case(
        "DeploymentIncomplete",
        {
            'kube_deployment_spec_replicas{namespace="ray",deployment="d"}': "2x60",
            'kube_deployment_status_replicas_available{namespace="ray",deployment="d"}': "1x60",
        },
        {"namespace": "ray", "deployment": "d"},
        {
            'kube_deployment_spec_replicas{namespace="ray",deployment="d"}': "2x60",
            'kube_deployment_status_replicas_available{namespace="ray",deployment="d"}': "2x60",
        },
    ),
    Case(
        "StatefulSetIncomplete",
        {
            'kube_statefulset_replicas{namespace="monitoring",statefulset="s"}': "2x60",
            'kube_statefulset_status_replicas_ready{namespace="monitoring",statefulset="s"}': "1x60",
        },
        {"namespace": "monitoring", "statefulset": "s"},
        {
            'kube_statefulset_replicas{namespace="monitoring",statefulset="s"}': "2x60",
            'kube_statefulset_status_replicas_ready{namespace="monitoring",statefulset="s"}': "2x60",
        },
    ),
    Case(
        "DaemonSetIncomplete",
        {
            'kube_daemonset_status_desired_number_scheduled{namespace="node-agents",daemonset="a"}': "5x60",
            'kube_daemonset_status_number_ready{namespace="node-agents",daemonset="a"}': "4x60",
        },
        {"namespace": "node-agents", "daemonset": "a"},
        {
            'kube_daemonset_status_desired_number_scheduled{namespace="node-agents",daemonset="a"}': "5x60",
            'kube_daemonset_status_number_ready{namespace="node-agents",daemonset="a"}': "5x60",
        },
    ),
]


def test_each_alert_fires_when_it_should_and_only_then(tmp_path: Path) -> None:
    assert run(CASES, tmp_path) == ""
