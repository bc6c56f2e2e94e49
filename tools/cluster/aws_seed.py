"""Fills the stand-in for AWS with what stands before Karpenter starts: network, cluster and node role."""

from ipaddress import ip_network
from typing import Any

from tools.cluster.aws_setup import Setup, Tags

CREDENTIALS = {"AWS_ACCESS_KEY_ID": "any", "AWS_SECRET_ACCESS_KEY": "any"}
"""The stand-in takes any."""

_INTERNAL = {"kubernetes.io/role/internal-elb": "1"}
_PUBLIC = {"kubernetes.io/role/elb": "1"}
"""Tags that eksctl gives private and public subnets for load balancers."""


def seed(endpoint: str, setup: Setup) -> None:
    """Make a private and a public subnet in each zone, the security groups, the cluster and the node role."""
    ec2 = client(endpoint, setup.region, "ec2")
    vpc = ec2.create_vpc(CidrBlock=setup.vpc_cidr)["Vpc"]["VpcId"]
    blocks = ip_network(setup.vpc_cidr).subnets(new_prefix=19)
    subnets = [
        _subnet(ec2, vpc, zone, (str(next(blocks)), setup.tags | kind))
        for zone in setup.zones
        for kind in (_INTERNAL, _PUBLIC)
    ]
    # EKS makes a group of its own for each cluster, and gives it this tag.
    groups = setup.groups | {f"eks-cluster-sg-{setup.cluster}": {"aws:eks:cluster-name": setup.cluster}}
    ids = [_group(ec2, vpc, name, tags) for name, tags in groups.items()]
    _cluster(endpoint, setup, subnets, ids[-1])


def client(endpoint: str, region: str, service: str) -> Any:
    """Give a client of boto3 for the stand-in."""
    import boto3  # which takes a third of a second, in all that imports this module

    return boto3.client(
        service,
        endpoint_url=endpoint,
        region_name=region,
        aws_access_key_id=CREDENTIALS["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=CREDENTIALS["AWS_SECRET_ACCESS_KEY"],
    )


def _subnet(ec2: Any, vpc: str, zone: str, block: tuple[str, Tags]) -> str:
    cidr, tags = block
    made = ec2.create_subnet(VpcId=vpc, CidrBlock=cidr, AvailabilityZone=zone)["Subnet"]["SubnetId"]
    ec2.create_tags(Resources=[made], Tags=_listed(tags))
    return str(made)


def _group(ec2: Any, vpc: str, name: str, tags: Tags) -> str:
    made = ec2.create_security_group(GroupName=name, Description=name, VpcId=vpc)["GroupId"]
    ec2.create_tags(Resources=[made], Tags=_listed(tags))
    return str(made)


def _cluster(endpoint: str, setup: Setup, subnets: list[str], group: str) -> None:
    iam, eks = (client(endpoint, setup.region, service) for service in ("iam", "eks"))
    for role in (setup.role, "cluster"):
        iam.create_role(RoleName=role, AssumeRolePolicyDocument="{}")
    eks.create_cluster(
        name=setup.cluster,
        version=setup.version,
        roleArn="arn:aws:iam::123456789012:role/cluster",
        resourcesVpcConfig={"subnetIds": subnets, "securityGroupIds": [group]},
        kubernetesNetworkConfig={"serviceIpv4Cidr": setup.service_cidr},
    )


def _listed(tags: Tags) -> list[dict[str, str]]:
    return [{"Key": key, "Value": value} for key, value in tags.items()]
