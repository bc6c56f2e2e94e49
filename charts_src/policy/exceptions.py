"""The exceptions to the rules, each with its reason."""

from typing import Final

EXCEPTIONS: Final[dict[tuple[str, str, str], str]] = {
    ("no_cluster_secrets", "ClusterRole", "cert-manager-cainjector"): (
        "the CA of a webhook may be in any namespace; its source watches one namespace or all"
    ),
    ("no_cluster_secrets", "ClusterRole", "cert-manager-read-secrets"): (
        "the informer for Secrets watches one namespace or all; writing is granted in Roles"
    ),
    ("no_cluster_secrets", "ClusterRole", "external-secrets-watch-secrets"): (
        "the informer for Secrets watches one namespace or all; reading one and writing are granted in Roles"
    ),
    ("no_cluster_secrets", "ClusterRole", "kuberay-operator"): (
        "it is bound by RoleBindings only, in the namespaces with Ray clusters"
    ),
    ("restricted", "DaemonSet", "dcgm-server"): "it reads the GPUs of its node for the node monitoring agent",
    ("restricted", "DaemonSet", "eks-node-monitoring-agent"): (
        "it reads the kernel log, processes, network and devices of its node"
    ),
    ("restricted", "DaemonSet", "node-problem-detector"): "it reads the kernel log of its node",
    ("restricted", "DaemonSet", "fluent-bit"): (
        "it reads container logs, which only root may read, and keeps its place in them on the node"
    ),
}
"""(rule, kind, name of the object) -> why the rule does not hold for it."""
