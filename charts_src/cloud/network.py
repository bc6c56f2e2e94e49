"""The CloudFormation stack that comes after the cluster: EFA traffic, and the shared file system.

Sources: addEFASecurityGroup of eksctl v0.215.0 (pkg/cfn/builder/vpc.go) for the rules that EFA wants, which
name the group itself both ways; "File system access control with Amazon VPC" of the FSx for Lustre guide for
its ports; CloudFormation's resource reference. cfn-lint checks it.

The file system is linked to the data bucket: objects show below /data as they come, and what is written
there is exported. The outputs of the stack go into storage.fsx of the environment.
"""

from charts_src.cloud.template import Resources, kept, of_cluster, resource, tags, template
from charts_src.lib import storage
from charts_src.lib.node_class import efa_group_tags
from charts_src.model import Environment

_LUSTRE_PORTS = ((988, 988), (1018, 1023))
_THROUGHPUT_MBPS_PER_TIB = 250


def network(env: Environment) -> str:
    """Write the template."""
    resources = _efa(env) if any(pool.efa for pool in env.karpenter.node_pools.values()) else {}
    if not env.storage:
        return template(f"Beside the cluster {env.cluster.name}", resources)
    return template(
        f"Beside the cluster {env.cluster.name}",
        resources | _file_system(env),
        Parameters={
            "FsxSubnet": {
                "Type": "AWS::EC2::Subnet::Id",
                "Description": f"Private subnet of the cluster in {fsx_zone(env)}",
            }
        },
        Outputs={
            "FileSystemId": {"Value": {"Ref": "FileSystem"}},
            "MountName": {"Value": {"Fn::GetAtt": ["FileSystem", "LustreMountName"]}},
            "SecurityGroup": {"Value": {"Fn::GetAtt": ["FsxSecurityGroup", "GroupId"]}},
            "Subnet": {"Value": {"Ref": "FsxSubnet"}},
        },
    )


def fsx_zone(env: Environment) -> str:
    """Choose the zone of the file system: where training runs, as traffic between zones costs money."""
    zones = [
        pool.zones[0]
        for pool in env.karpenter.node_pools.values()
        if pool.purpose == "training" and pool.zones
    ]
    return zones[0] if zones else env.aws.zones[0]


def _efa(env: Environment) -> Resources:
    """Let EFA nodes reach each other; EC2 wants both rules to name the group, no range of addresses."""
    group = {"Fn::GetAtt": ["EfaSecurityGroup", "GroupId"]}
    every = {"GroupId": group, "IpProtocol": "-1", "Description": "EFA between nodes"}
    return {
        "EfaSecurityGroup": resource(
            "EC2::SecurityGroup",
            {
                "GroupDescription": f"EFA traffic between nodes of {env.cluster.name}",
                "VpcId": of_cluster(env, "VPC"),
                "Tags": tags(env, **efa_group_tags(env)),
            },
        ),
        "EfaIngress": resource("EC2::SecurityGroupIngress", every | {"SourceSecurityGroupId": group}),
        "EfaEgress": resource("EC2::SecurityGroupEgress", every | {"DestinationSecurityGroupId": group}),
    }


def _file_system(env: Environment) -> Resources:
    assert env.storage  # noqa: S101  # the caller asks
    rules = [
        {
            "IpProtocol": "tcp",
            "FromPort": first,
            "ToPort": last,
            "CidrIp": env.cluster.vpc_cidr,
            "Description": "Lustre",
        }
        for first, last in _LUSTRE_PORTS
    ]
    group = {
        "GroupDescription": f"FSx for Lustre of {env.cluster.name}",
        "VpcId": of_cluster(env, "VPC"),
        "SecurityGroupIngress": rules,
        "Tags": tags(env),
    }
    system = {
        **storage.FSX_FILE_SYSTEM,
        "StorageCapacity": env.storage.fsx.capacity_gib,
        "SubnetIds": [{"Ref": "FsxSubnet"}],
        "SecurityGroupIds": [{"Fn::GetAtt": ["FsxSecurityGroup", "GroupId"]}],
        "LustreConfiguration": storage.FSX_FILE_SYSTEM["LustreConfiguration"]
        | {"PerUnitStorageThroughput": _THROUGHPUT_MBPS_PER_TIB},
        "Tags": tags(env),
    }
    association = {
        "FileSystemId": {"Ref": "FileSystem"},
        **storage.FSX_DATA_REPOSITORY,
        "DataRepositoryPath": storage.data_repository(env.storage.buckets.data),
        "Tags": tags(env),
    }
    return {
        "FsxSecurityGroup": resource("EC2::SecurityGroup", group),
        "FileSystem": kept("FSx::FileSystem", system),
        "DataAssociation": resource("FSx::DataRepositoryAssociation", association),
    }
