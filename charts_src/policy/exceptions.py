"""The exceptions to the rules, each with its reason."""

from typing import Final

EXCEPTIONS: Final[dict[tuple[str, str, str], str]] = {
    ("restricted", "DaemonSet", "dcgm-exporter"): (
        "reads which pod has which GPU from the kubelet's pod-resources; profiling needs root with SYS_ADMIN"
    ),
    ("restricted", "DaemonSet", "efa-device-plugin"): (
        "opens the EFA devices of the node and its kubelet's socket directory, which belongs to root"
    ),
    ("restricted", "DaemonSet", "gpu-feature-discovery"): (
        "with MIG the runtime shows slices to root with SYS_ADMIN only; without MIG it keeps to the standard"
    ),
    ("restricted", "DaemonSet", "neuron-device-plugin"): (
        "puts its sockets into the kubelet's directory, which belongs to root, without any capability"
    ),
    ("restricted", "DaemonSet", "neuron-monitor"): (
        "opens all Neuron devices without being given one, for which upstream has no way but privileged"
    ),
    ("restricted", "DaemonSet", "nvidia-device-plugin"): (
        "puts its socket into the kubelet's directory, which belongs to root; with MIG it needs SYS_ADMIN"
    ),
    ("restricted", "DaemonSet", "nvidia-mps-control-daemon"): (
        "mounts shared memory that all pods of the node see, and runs the servers that own the GPUs"
    ),
    ("restricted", "DaemonSet", "ebs-csi-node"): "formats and mounts block devices of the node for its pods",
    (
        "restricted",
        "DaemonSet",
        "fsx-csi-node",
    ): "mounts Lustre for the pods of its node, in the node's network",
    ("restricted", "DaemonSet", "s3-csi-node"): "opens FUSE devices and mounts them for the pods of its node",
    ("restricted", "Job", "fsx-directories"): "only root may give away folders of a new Lustre file system",
}
"""(rule, kind, name of the object) -> why the rule does not hold for it."""
