"""What the CSI drivers may do in AWS.

Sources: docs/AmazonEBSCSIDriverEKSClusterScopedPolicy.json and docs/install.md (KMS) of aws-ebs-csi-driver
v1.63.1; docs/install.md of aws-fsx-csi-driver v1.9.0.
"""

from charts_src.lib.iam import statement
from charts_src.model import Environment
from charts_src.objects import Body

CLUSTER_TAG = "ebs.csi.aws.com/cluster-name"
"""Tag that the EBS driver puts on its volumes, with the name that --k8s-tag-cluster-id gives it."""

_INSTANCE_TAGS = {"AttachToKarpenterNodes": "eks:eks-cluster-name", "AttachToNodeGroups": "eks:cluster-name"}
"""Tags of the cluster's instances: Karpenter's (karpenter-provider-aws v1.15.1, pkg/apis/v1/labels.go), and
EKS' own on managed node groups, which is the one that AWS' policy has."""


def ebs_statements(env: Environment) -> list[Body]:
    """Let the driver make volumes for this cluster and touch no other's; AWS' cluster-scoped policy, but

    - with the name of the cluster, region and account instead of a principal tag and wildcards;
    - with Karpenter's tag on instances beside that of managed node groups, without a manual one;
    - without snapshots, as there is no snapshotter, and without changing tags of existing volumes.
    """
    volumes = _arn(env, "ec2", "volume/*")
    made = {"StringEquals": {f"aws:RequestTag/{CLUSTER_TAG}": env.cluster.name}}
    ours = {"StringEquals": {f"ec2:ResourceTag/{CLUSTER_TAG}": env.cluster.name}}
    move = ["ec2:AttachVolume", "ec2:DetachVolume"]
    reads = ("AvailabilityZones", "Instances", "InstanceTypes", "Volumes", "VolumesModifications")
    found = [
        statement("Describe", [f"ec2:Describe{kind}" for kind in (*reads, "VolumeStatus")], ["*"]),
        statement("CreateVolumes", ["ec2:CreateVolume", "ec2:CopyVolumes"], [volumes], made),
        statement("CopyVolumes", ["ec2:CopyVolumes"], [_arn(env, "ec2", "volume/vol-*")], ours),
        statement("ManageVolumes", ["ec2:ModifyVolume", "ec2:DeleteVolume", *move], [volumes], ours),
        *(
            statement(sid, move, [_arn(env, "ec2", "instance/*")], _tagged("ec2", tag, env.cluster.name))
            for sid, tag in _INSTANCE_TAGS.items()
        ),
        statement(
            "TagNewVolumes",
            ["ec2:CreateTags"],
            [volumes],
            {"StringEquals": {"ec2:CreateAction": ["CreateVolume", "CopyVolumes"]}},
        ),
    ]
    key = env.csi_drivers.ebs.volume_key
    return [*found, *_key_statements(key)] if key else found


def _key_statements(key: str) -> list[Body]:
    """Let EC2, in the driver's name and for nothing else, use the key of the volumes."""
    return [
        statement("UseVolumeKey", ["kms:Decrypt", "kms:GenerateDataKeyWithoutPlaintext"], [key]),
        statement(
            "GrantVolumeKey", ["kms:CreateGrant"], [key], {"Bool": {"kms:GrantIsForAWSResource": "true"}}
        ),
    ]


def fsx_statements(env: Environment, bucket: str) -> list[Body]:
    """Let the driver make file systems and delete those it made, but not the shared one.

    Upstream's policy has no conditions. The driver tags what it makes with CSIVolumeName (pkg/cloud/cloud.go)
    and with --extra-tags. It may tag nothing that has the tag `cluster`, as the shared file system has, or it
    could make that one look like its own.
    """
    file_systems = _arn(env, "fsx", "file-system/*")
    made = {
        "StringEquals": {"aws:RequestTag/cluster": env.cluster.name},
        "StringLike": {"aws:RequestTag/CSIVolumeName": "*"},
    }
    ours = _tagged("aws", "cluster", env.cluster.name) | {
        "StringLike": {"aws:ResourceTag/CSIVolumeName": "*"}
    }
    untagged = {"Null": {"aws:ResourceTag/cluster": "true"}}
    role = "role/aws-service-role/s3.data-source.lustre.fsx.amazonaws.com/*"
    named = {"StringEquals": {"iam:AWSServiceName": "fsx.amazonaws.com"}}
    return [
        statement("Describe", ["fsx:DescribeFileSystems"], ["*"]),
        statement("Create", ["fsx:CreateFileSystem"], [file_systems], made),
        statement("Tag", ["fsx:TagResource"], [file_systems], made | untagged),
        statement("Manage", ["fsx:DeleteFileSystem", "fsx:UpdateFileSystem"], [file_systems], ours),
        statement("ListDataBucket", ["s3:ListBucket"], [f"arn:aws:s3:::{bucket}"]),
        statement("ServiceRole", ["iam:CreateServiceLinkedRole"], ["*"], named),
        statement(
            "DataSourceRole",
            ["iam:CreateServiceLinkedRole", "iam:AttachRolePolicy", "iam:PutRolePolicy"],
            [f"arn:aws:iam::{env.aws.account}:{role}"],
        ),
    ]


def _arn(env: Environment, service: str, resource: str) -> str:
    return f"arn:aws:{service}:{env.aws.region}:{env.aws.account}:{resource}"


def _tagged(service: str, tag: str, value: str) -> dict[str, dict[str, str]]:
    return {"StringEquals": {f"{service}:ResourceTag/{tag}": value}}
