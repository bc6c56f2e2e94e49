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
    ("cluster_wide_secrets", "ClusterRole", "cert-manager-cainjector"): (
        "the CA of a webhook may be in any namespace; its source watches one namespace or all"
    ),
    ("cluster_wide_secrets", "ClusterRole", "cert-manager-read-secrets"): (
        "the informer for Secrets watches one namespace or all; writing is granted in Roles"
    ),
    ("cluster_wide_secrets", "ClusterRole", "external-secrets-watch-secrets"): (
        "the informer for Secrets watches one namespace or all; reading one and writing are granted in Roles"
    ),
    ("restricted", "DaemonSet", "dcgm-server"): "it reads the GPUs of its node for the node monitoring agent",
    ("restricted", "DaemonSet", "eks-node-monitoring-agent"): (
        "it reads the kernel log, processes, network and devices of its node"
    ),
    ("restricted", "DaemonSet", "node-problem-detector"): "it reads the kernel log of its node",
    ("restricted", "DaemonSet", "fluent-bit"): (
        "it reads container logs, which only root may read, and keeps its place in them on the node"
    ),
    ("restricted", "DaemonSet", "node-exporter"): (
        "reads network, processes and file systems of the node; it writes none and runs as nobody"
    ),
}
"""(rule, kind, name of the object) -> why the rule does not hold for it."""
