"""What a cluster can leave behind in AWS: how to find it, to remove it, and to prove that none is left.

Tags, and who sets them: `cluster` and `environment` everything rendered here, nodes and volumes of Karpenter
(EC2NodeClass), what CSI drivers make (--extra-tags); elbv2.k8s.aws/cluster the load balancer controller;
eks:eks-cluster-name Karpenter; cluster.k8s.amazonaws.com/name the VPC CNI; alpha.eksctl.io/cluster-name
eksctl; kubernetes.io/cluster/<name> EKS and Karpenter.
"""

from collections.abc import Iterator, Mapping
from functools import partial

from charts_src.cloud import tools
from charts_src.cloud.tools import aws
from charts_src.lib.fluent_bit_config import log_group
from charts_src.model import Environment
from charts_src.steps.plan import Command, Listing, Step, Wait

_ALIVE = "Name=instance-state-name,Values=pending,running,stopping,stopped"


def load_balancers(env: Environment) -> Command:
    """List load balancers that the controller made."""
    return _elbv2(env, "loadbalancer")


def pool_instances(env: Environment) -> Command:
    """List instances that Karpenter launched."""
    filters = (_tag("eks:eks-cluster-name", env.cluster.name), "Name=tag-key,Values=karpenter.sh/nodepool")
    return _instances(env, *filters)


def file_systems(env: Environment, kind: str = "") -> Command:
    """List file systems of the environment, all or those of a deployment type."""
    mine = f"Tags[?Key=='cluster' && Value=='{env.cluster.name}']"
    type_too = f" && LustreConfiguration.DeploymentType=='{kind}'" if kind else ""
    query = f"FileSystems[?{mine}{type_too}].FileSystemId"
    return aws(env, "fsx", "describe-file-systems", query=query)


def eksctl_stacks(env: Environment) -> Command:
    """List stacks of eksctl."""
    mine = f"Tags[?Key=='alpha.eksctl.io/cluster-name' && Value=='{env.cluster.name}']"
    return aws(env, "cloudformation", "describe-stacks", query=f"Stacks[?{mine}].StackName")


def in_the_network(env: Environment) -> Iterator[Step]:
    """Remove what would keep the network from being deleted."""
    yield _swept(
        env,
        "left-load-balancers",
        load_balancers(env),
        ("elbv2", "delete-load-balancer", "--load-balancer-arn"),
    )
    yield _swept(
        env,
        "left-target-groups",
        _elbv2(env, "targetgroup"),
        ("elbv2", "delete-target-group", "--target-group-arn"),
    )
    yield _swept(
        env,
        "left-instances",
        pool_instances(env),
        ("ec2", "terminate-instances", "--instance-ids"),
        wait=(Wait(run=pool_instances(env), prints=""),),
    )
    yield _swept(
        env,
        "left-network-interfaces",
        _network_interfaces(env, "Name=status,Values=available"),
        ("ec2", "delete-network-interface", "--network-interface-id"),
    )
    yield _swept(
        env,
        "left-security-groups",
        _security_groups(env),
        ("ec2", "delete-security-group", "--group-id"),
    )


def elsewhere(env: Environment) -> Iterator[Step]:
    """Remove what outlives the network."""
    yield _swept(env, "left-volumes", _volumes(env), ("ec2", "delete-volume", "--volume-id"))
    yield _swept(
        env,
        "left-launch-templates",
        aws(
            env,
            *("ec2", "describe-launch-templates"),
            *("--filters", _tag("eks:eks-cluster-name", env.cluster.name)),
            query="LaunchTemplates[].LaunchTemplateId",
        ),
        ("ec2", "delete-launch-template", "--launch-template-id"),
    )
    for name, group in _logs_of(env).items():
        yield _swept(env, name, _log_groups(env, group), ("logs", "delete-log-group", "--log-group-name"))
    yield _swept(
        env,
        "secrets",
        _secrets(env),
        ("secretsmanager", "delete-secret", "--recovery-window-in-days", "30", "--secret-id"),
    )


def proof(env: Environment) -> tuple[Listing, ...]:
    """List all that costs money; nothing of it may be there."""
    name = env.cluster.name
    everything = _tag("cluster", name), _tag("environment", env.name)
    commands: Mapping[str, Command] = {
        "cluster": aws(env, "eks", "list-clusters", query=f"clusters[?@=='{name}']"),
        "stack of eksctl": eksctl_stacks(env),
        "stack": aws(
            env,
            *("cloudformation", "describe-stacks"),
            query=f"Stacks[?contains({tools.listed(_stacks(env))}, StackName)].StackName",
        ),
        "instance": _instances(env, *everything),
        "instance of a node pool": pool_instances(env),
        "volume": _volumes(env),
        "volume of the cluster": _described(
            env, "volumes", "Volumes[].VolumeId", f"Name=tag-key,Values=kubernetes.io/cluster/{name}"
        ),
        "snapshot": _described(env, "snapshots", "Snapshots[].SnapshotId", *everything, owner="--owner-ids"),
        "network interface": _network_interfaces(env),
        "NAT gateway": aws(
            env,
            *("ec2", "describe-nat-gateways", "--filter", _tag("cluster", name)),
            "Name=state,Values=pending,available,deleting",
            query="NatGateways[].NatGatewayId",
        ),
        "address": _described(env, "addresses", "Addresses[].AllocationId", *everything),
        "load balancer": load_balancers(env),
        "file system": file_systems(env),
        "queue": aws(
            env,
            *("sqs", "list-queues", "--queue-name-prefix", name),
            query=f"QueueUrls[?ends_with(@, '/{name}')]",
        ),
        **{name: _log_groups(env, group) for name, group in _logs_of(env).items()},
        "secret": _secrets(env),
        "key that is not to be deleted": aws(
            env, "kms", "list-aliases", query=f"Aliases[?AliasName=='alias/{name}'].TargetKeyId"
        ),
    }
    return tuple(Listing(what=what, run=command) for what, command in commands.items())


def kept(env: Environment) -> tuple[Listing, ...]:
    """List what stays by intention."""
    found = []
    if env.storage:
        names = tuple(name for _, name in env.storage.buckets)
        query = f"Buckets[?contains({tools.listed(names)}, Name)].Name"
        found.append(
            Listing(
                what="bucket with data",
                run=aws(env, "s3api", "list-buckets", query=query),
                remedy="delete all versions of its objects, then it; else the next bootstrap adopts it",
            )
        )
    return (*found, *map(partial(_reserved, env), _reservations(env)))


def _reserved(env: Environment, filters: tuple[str, ...]) -> Listing:
    states = "Name=state,Values=active,pending,scheduled"
    query = "CapacityReservations[].CapacityReservationId"
    return Listing(
        what="capacity reservation",
        run=_described(env, "capacity-reservations", query, *filters, states),
        remedy="it is paid for, used or not; aws ec2 cancel-capacity-reservation, if nobody else uses it",
    )


def _reservations(env: Environment) -> Iterator[tuple[str, ...]]:
    """Give the filters that find the reservations of each pool."""
    for pool in env.karpenter.node_pools.values():
        if pool.reservation and pool.reservation.tags:
            yield tuple(_tag(key, value) for key, value in pool.reservation.tags.items())
        elif pool.reservation:
            yield (f"Name=capacity-reservation-id,Values={','.join(pool.reservation.ids)}",)


def _stacks(env: Environment) -> tuple[str, ...]:
    return tuple(tools.stack(env, name) for name in tools.STACKS)


def _swept(
    env: Environment, name: str, each: Command, words: tuple[str, ...], wait: tuple[Wait, ...] = ()
) -> Step:
    """Give a step that removes each thing that a command lists; it is asked in each run."""
    return Step(
        name=name,
        why="Remove what is left of the cluster",
        each=each,
        run=(aws(env, *words, "{}"),),
        wait=wait,
        always=True,
        data=True,
    )


def _tag(key: str, value: str) -> str:
    return f"Name=tag:{key},Values={value}"


def _described(env: Environment, what: str, query: str, *filters: str, owner: str = "") -> Command:
    mine = (owner, "self") if owner else ()
    return aws(env, "ec2", f"describe-{what}", *mine, "--filters", *filters, query=query)


def _instances(env: Environment, *filters: str) -> Command:
    query = "Reservations[].Instances[].InstanceId"
    return _described(env, "instances", query, *filters, _ALIVE)


def _volumes(env: Environment) -> Command:
    filters = (_tag("cluster", env.cluster.name), _tag("environment", env.name))
    return _described(env, "volumes", "Volumes[].VolumeId", *filters)


def _network_interfaces(env: Environment, *filters: str) -> Command:
    tag = _tag("cluster.k8s.amazonaws.com/name", env.cluster.name)
    return _described(env, "network-interfaces", "NetworkInterfaces[].NetworkInterfaceId", tag, *filters)


def _security_groups(env: Environment) -> Command:
    tag = _tag("elbv2.k8s.aws/cluster", env.cluster.name)
    return _described(env, "security-groups", "SecurityGroups[].GroupId", tag)


def _elbv2(env: Environment, kind: str) -> Command:
    return aws(
        env,
        *("resourcegroupstaggingapi", "get-resources"),
        *("--resource-type-filters", f"elasticloadbalancing:{kind}"),
        *("--tag-filters", f"Key=elbv2.k8s.aws/cluster,Values={env.cluster.name}"),
        query="ResourceTagMappingList[].ResourceARN",
    )


def _logs_of(env: Environment) -> dict[str, str]:
    return {
        "log-of-control-plane": f"/aws/eks/{env.cluster.name}/cluster",
        "log-of-containers": log_group(env),
    }


def _log_groups(env: Environment, name: str) -> Command:
    query = f"logGroups[?logGroupName=='{name}'].logGroupName"
    return aws(env, "logs", "describe-log-groups", "--log-group-name-prefix", name, query=query)


def _secrets(env: Environment) -> Command:
    prefix = f"{env.cluster.name}/"
    query = f"SecretList[?starts_with(Name, '{prefix}')].Name"
    return aws(env, "secretsmanager", "list-secrets", "--filters", f"Key=name,Values={prefix}", query=query)
