"""The ClusterConfig of eksctl, literally."""

import json

from charts_src.cloud.eksctl import cluster_config
from tests.cloud.sample import ADMIN, full, least

TOLERATIONS = {"tolerations": [{"key": "CriticalAddonsOnly", "operator": "Exists", "effect": "NoSchedule"}]}


def test_a_cluster_with_all_that_can_be_decided() -> None:
    config = cluster_config(full())
    for addon in config["addons"]:
        if "configurationValues" in addon:
            addon["configurationValues"] = json.loads(addon["configurationValues"])
    assert config == {
        "apiVersion": "eksctl.io/v1alpha5",
        "kind": "ClusterConfig",
        "metadata": {
            "name": "genai-dev",
            "region": "us-west-2",
            "version": "1.36",
            "tags": {"karpenter.sh/discovery": "genai-dev", "cluster": "genai-dev", "environment": "dev"},
        },
        "availabilityZones": ["us-west-2a", "us-west-2b"],
        "kubernetesNetworkConfig": {"ipFamily": "IPv4", "serviceIPv4CIDR": "172.20.0.0/16"},
        "vpc": {
            "cidr": "10.64.0.0/16",
            "nat": {"gateway": "Single"},
            "clusterEndpoints": {"privateAccess": True, "publicAccess": True},
            "publicAccessCIDRs": ["203.0.113.0/24"],
        },
        "accessConfig": {
            "authenticationMode": "API",
            "bootstrapClusterCreatorAdminPermissions": True,
            "accessEntries": [
                {
                    "principalARN": ADMIN,
                    "type": "STANDARD",
                    "accessPolicies": [
                        {
                            "policyARN": (
                                "arn:aws:eks::aws:cluster-access-policy/AmazonEKSClusterAdminPolicy"
                            ),
                            "accessScope": {"type": "cluster"},
                        }
                    ],
                },
                {"principalARN": "arn:aws:iam::111122223333:role/genai-node", "type": "EC2_LINUX"},
            ],
        },
        "iam": {"withOIDC": False, "vpcResourceControllerPolicy": True},
        "secretsEncryption": {"keyARN": "arn:aws:kms:us-west-2:111122223333:alias/genai-dev"},
        "cloudWatch": {
            "clusterLogging": {
                "enableTypes": ["api", "audit", "authenticator", "controllerManager", "scheduler"],
                "logRetentionInDays": 30,
            }
        },
        "addons": [
            {
                "name": "vpc-cni",
                "useDefaultPodIdentityAssociations": True,
                "configurationValues": {"enableNetworkPolicy": "true"},
            },
            {"name": "kube-proxy"},
            {"name": "coredns", "configurationValues": TOLERATIONS, "version": "v1.12.4-eksbuild.1"},
            {"name": "eks-pod-identity-agent"},
            {"name": "metrics-server", "configurationValues": TOLERATIONS},
        ],
        "managedNodeGroups": [
            {
                "name": "cluster",
                "amiFamily": "AmazonLinux2023",
                "instanceTypes": ["m7i.xlarge", "m7a.xlarge"],
                "minSize": 2,
                "desiredCapacity": 2,
                "maxSize": 4,
                "availabilityZones": ["us-west-2a", "us-west-2b"],
                "privateNetworking": True,
                "volumeType": "gp3",
                "volumeSize": 50,
                "volumeEncrypted": True,
                "disableIMDSv1": True,
                "disablePodIMDS": True,
                "labels": {"genai-on-eks/purpose": "cluster"},
                "taints": [{"key": "CriticalAddonsOnly", "value": "true", "effect": "NoSchedule"}],
                "nodeRepairConfig": {"enabled": True},
                "updateConfig": {"maxUnavailable": 1},
            }
        ],
    }


def test_without_address_ranges_the_api_is_private_and_each_zone_has_its_gateway() -> None:
    assert cluster_config(least())["vpc"] == {
        "cidr": "10.64.0.0/16",
        "nat": {"gateway": "HighlyAvailable"},
        "clusterEndpoints": {"privateAccess": True, "publicAccess": False},
    }
