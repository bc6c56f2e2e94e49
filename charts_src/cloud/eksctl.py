"""The eksctl ClusterConfig: the cluster, its network, the nodes that come with it, and who may enter.

Source: the JSON Schema of eksctl v0.215.0 (pkg/apis/eksctl.io/v1alpha5/assets/schema.json), which checks it,
and userdocs/src/usage of the same version. What eksctl can't make (key, buckets, queue, node role) is in
foundation.py, and is there first.
"""

from charts_src.cloud.template import text
from charts_src.lib.accelerators import PURPOSE_LABEL
from charts_src.lib.cluster_nodes import CLUSTER_NODE_LABELS, CLUSTER_NODE_TAINT, cluster_toleration
from charts_src.lib.node_class import DISCOVERY
from charts_src.model import Environment
from charts_src.objects import Body

_LOG_TYPES = ("api", "audit", "authenticator", "controllerManager", "scheduler")


def key_alias(env: Environment) -> str:
    """Give the ARN of the alias of the KMS key; EKS takes "the ARN or alias" (AWS::EKS::Cluster Provider)."""
    return f"arn:aws:kms:{env.aws.region}:{env.aws.account}:alias/{env.cluster.name}"


def cluster_config(env: Environment) -> Body:
    """Give the ClusterConfig that `eksctl create cluster --config-file` takes."""
    cluster = env.cluster
    return {
        "apiVersion": "eksctl.io/v1alpha5",
        "kind": "ClusterConfig",
        "metadata": {
            "name": cluster.name,
            "region": env.aws.region,
            "version": env.kubernetes,
            "tags": {DISCOVERY: cluster.name, "cluster": cluster.name, "environment": env.name},
        },
        "availabilityZones": list(env.aws.zones),
        "kubernetesNetworkConfig": {"ipFamily": "IPv4", "serviceIPv4CIDR": cluster.service_cidr},
        "vpc": _vpc(env),
        "accessConfig": _access(env),
        "iam": {"withOIDC": False, "vpcResourceControllerPolicy": True},
        "secretsEncryption": {"keyARN": key_alias(env)},
        "cloudWatch": {
            "clusterLogging": {
                "enableTypes": list(_LOG_TYPES),
                "logRetentionInDays": cluster.log_retention_days,
            }
        },
        "addons": _addons(env),
        "managedNodeGroups": [_node_group(env)],
    }


def _vpc(env: Environment) -> Body:
    public = env.cluster.public_access_cidrs
    endpoints: Body = {"clusterEndpoints": {"privateAccess": True, "publicAccess": bool(public)}}
    return {
        "cidr": env.cluster.vpc_cidr,
        "nat": {"gateway": "HighlyAvailable" if env.cluster.nat == "per-zone" else "Single"},
        **endpoints,
        **({"publicAccessCIDRs": list(public)} if public else {}),
    }


def _access(env: Environment) -> Body:
    """Let administrators in by access entries; Karpenter's nodes join with that of their role."""
    scope = {
        "policyARN": "arn:aws:eks::aws:cluster-access-policy/AmazonEKSClusterAdminPolicy",
        "accessScope": {"type": "cluster"},
    }
    admins = [
        {"principalARN": arn, "type": "STANDARD", "accessPolicies": [scope]}
        for arn in env.cluster.admin_roles
    ]
    node_role = f"arn:aws:iam::{env.aws.account}:role/{env.karpenter.node_role}"
    return {
        "authenticationMode": "API",
        "bootstrapClusterCreatorAdminPermissions": True,
        "accessEntries": [*admins, {"principalARN": node_role, "type": "EC2_LINUX"}],
    }


def _addons(env: Environment) -> list[Body]:
    """Give the add-ons that a cluster can't be without; all else is a component, with its pods in Git.

    Without a version in the environment EKS installs its default for the Kubernetes minor.
    """
    tolerations = {"tolerations": [cluster_toleration()]}
    addons: list[Body] = [
        {
            "name": "vpc-cni",
            "useDefaultPodIdentityAssociations": True,
            "configurationValues": text({"enableNetworkPolicy": "true"}),
        },
        {"name": "kube-proxy"},
        {"name": "coredns", "configurationValues": text(tolerations)},
        {"name": "eks-pod-identity-agent"},
        {"name": "metrics-server", "configurationValues": text(tolerations)},
    ]
    versions = env.cluster.addon_versions
    return [
        addon | ({"version": versions[addon["name"]]} if addon["name"] in versions else {})
        for addon in addons
    ]


def _node_group(env: Environment) -> Body:
    nodes = env.cluster.system_nodes
    return {
        "name": CLUSTER_NODE_LABELS[PURPOSE_LABEL],
        "amiFamily": "AmazonLinux2023",
        "instanceTypes": list(nodes.instance_types),
        "minSize": nodes.min_size,
        "desiredCapacity": nodes.desired_size,
        "maxSize": nodes.max_size,
        "availabilityZones": list(env.aws.zones),
        "privateNetworking": True,
        "volumeType": "gp3",
        "volumeSize": nodes.volume_gib,
        "volumeEncrypted": True,
        "disableIMDSv1": True,
        "disablePodIMDS": True,
        "labels": dict(CLUSTER_NODE_LABELS),
        "taints": [dict(CLUSTER_NODE_TAINT)],
        "nodeRepairConfig": {"enabled": True},
        "updateConfig": {"maxUnavailable": 1},
    }
