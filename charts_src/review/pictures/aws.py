"""What an environment has and uses in AWS, as its rendered files say."""

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final, NamedTuple

import yaml

from charts_src.objects import AWS_FOLDER, Identity
from charts_src.proofs.pods import Pod
from charts_src.review.sides import Side

_SERVICES: Final = {
    "s3": "S3",
    "fsx": "FSx for Lustre",
    "ec2": "EC2",
    "elasticloadbalancing": "Elastic Load Balancing",
    "sqs": "SQS",
    "sns": "SNS",
    "logs": "CloudWatch Logs",
    "aps": "Managed Prometheus",
    "secretsmanager": "Secrets Manager",
    "kms": "KMS",
}
"""Prefix of an action of IAM -> service."""

_LOOKED_UP: Final = (
    "acm",
    "cognito-idp",
    "eks",
    "iam",
    "pricing",
    "shield",
    "ssm",
    "tag",
    "waf-regional",
    "wafv2",
)
"""Prefixes of what controllers look up or hand on while they work for the services above: not drawn."""

_DRIVERS: Final = {"fsx.csi.aws.com": "FSx for Lustre", "s3.csi.aws.com": "S3"}
"""Driver of a volume that was there before the cluster -> service."""

_REGISTRY: Final = "ECR"

Uses = Mapping[tuple[str, str], tuple[str, ...]]
"""(component, service) -> why."""


class Cluster(NamedTuple):
    """The cluster and the network that it is in."""

    name: str = ""
    region: str = ""
    account: str = ""
    version: str = ""
    network: str = ""
    """Address range of the VPC."""
    service_network: str = ""
    """Address range of Services."""
    zones: tuple[str, ...] = ()
    nat: str = ""
    """How many NAT gateways, in eksctl's words."""
    api: str = ""
    """Who reaches the API server."""
    nodes: str = ""
    """The managed node group."""
    argocd: str = ""
    """Who runs Argo CD."""


def cluster(side: Side) -> Cluster:
    """Read the cluster; an environment without an AWS side has an empty one."""
    text, values = side.files.get(f"{AWS_FOLDER}/cluster.yaml"), _template(side, "terraform.tfvars.json")
    if text is None or not values:
        return Cluster()
    vpc, group = yaml.load(text, yaml.CSafeLoader)["vpc"], values["system_node_group"]
    endpoints, ranges = vpc.get("clusterEndpoints", {}), ", ".join(vpc.get("publicAccessCIDRs", ["anywhere"]))
    return Cluster(
        values["cluster_name"],
        values["region"],
        values["account_id"],
        values["kubernetes_version"],
        values["vpc_cidr"],
        values["service_cidr"],
        tuple(values["availability_zones"]),
        vpc.get("nat", {}).get("gateway", "Single"),
        f"from {ranges}" if endpoints.get("publicAccess") else "from the VPC alone",
        f"{group['min_size']} to {group['max_size']} {', '.join(group['instance_types'])}",
        "an EKS capability" if "argocd.json" in side.templates else "in the cluster",
    )


def services(side: Side, used: Uses) -> dict[str, tuple[str, ...]]:
    """Give each service that the environment has parts in or uses, with those parts."""
    stacks = [_template(side, name).get("Resources", {}) for name in ("foundation.json", "network.json")]
    parts = [(part["Type"], part["Properties"]) for stack in stacks for part in stack.values()]
    found: dict[str, tuple[str, ...]] = {service: () for _, service in sorted(used)}
    if buckets := sorted(each["BucketName"] for kind, each in parts if kind == "AWS::S3::Bucket"):
        found["S3"] = tuple(buckets)
    for system in (each for kind, each in parts if kind == "AWS::FSx::FileSystem"):
        found["FSx for Lustre"] = (
            f"{system['StorageCapacity']} GiB {system.get('StorageType', '')}".strip(),
        )
    if number := sum(kind == "AWS::ECR::Repository" for kind, _ in parts):
        found[_REGISTRY] = (f"{number} {'repository' if number == 1 else 'repositories'}",)
    if queues := [each["QueueName"] for kind, each in parts if kind == "AWS::SQS::Queue"]:
        found["SQS"] = tuple(f"queue {name}" for name in queues)
    return found


def uses(side: Side, pods: Iterable[Pod]) -> Uses:
    """Say which component uses which service: by a role of its pods, a volume, or an image of ours."""
    found: dict[tuple[str, str], set[str]] = defaultdict(set)
    for component, service, why in (*_roles(side), *_volumes(side, pods)):
        found[component, service].add(why)
    return {key: tuple(sorted(reasons)) for key, reasons in sorted(found.items())}


def _roles(side: Side) -> Iterator[tuple[str, str, str]]:
    for each in _template(side, "terraform.tfvars.json").get("pod_identities", ()):
        account = Identity("", "ServiceAccount", each["namespace"], each["service_account"])
        if account not in side.objects:
            continue
        for file in each["policy_files"]:
            for prefix in _prefixes(_template(side, file)):
                if prefix not in _LOOKED_UP:
                    service = _SERVICES.get(prefix, prefix)
                    yield (
                        side.objects[account].component,
                        service,
                        f"role of {account.namespace}/{account.name}",
                    )


def _prefixes(policy: Mapping[str, Any]) -> set[str]:
    actions = (each for statement in policy.get("Statement", ()) for each in statement.get("Action", ()))
    return {action.partition(":")[0] for action in actions}


def _volumes(side: Side, pods: Iterable[Pod]) -> Iterator[tuple[str, str, str]]:
    volumes = (
        each.body["spec"] for identity, each in side.objects.items() if identity.kind == "PersistentVolume"
    )
    bound = {
        (spec["claimRef"]["namespace"], spec["claimRef"]["name"]): spec["csi"]["driver"]
        for spec in volumes
        if "claimRef" in spec and spec.get("csi", {}).get("driver") in _DRIVERS
    }
    registry = tuple(
        f"{values['account_id']}.dkr.ecr." for values in [_template(side, "terraform.tfvars.json")] if values
    )
    for pod in pods:
        component = side.objects[pod.owner].component
        for volume in pod.spec.get("volumes", ()):
            claim = volume.get("persistentVolumeClaim", {}).get("claimName", "")
            if driver := bound.get((pod.namespace, claim)):
                yield component, _DRIVERS[driver], f"volume {claim} of {pod.owner}"
        for container in pod.spec["containers"]:
            if registry and container["image"].startswith(registry):
                yield component, _REGISTRY, f"image of {pod.owner}"


def _template(side: Side, name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(side.templates.get(name, "{}"))
    return found
