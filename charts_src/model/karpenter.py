"""Karpenter's section: node pools, and what all of their nodes have in common."""

from collections.abc import Iterable, Mapping
from typing import Annotated, Literal

from pydantic import Field

from charts_src.lib.instances import instance, names, offered
from charts_src.model.base import VERSION, Form, Model, Name, Problem, Quantity
from charts_src.model.node_pool import NodePool
from charts_src.model.platform import Aws


class Karpenter(Model):
    """Node pools: which instances may exist, how they are bought, and when they may be disrupted."""

    version: Annotated[Literal["1.15.1"], VERSION] = "1.15.1"
    """Version of the Karpenter controller and its CRDs that the node pools are written for."""

    replicas: Annotated[int, Field(ge=1, le=3)] = 2
    """Pods of the controller; one leads, the others take over when it fails."""

    cpu: Quantity = "1"
    """CPU that each pod of the controller asks for; it may use more."""

    memory: Quantity = "1Gi"
    """Memory of each pod of the controller, request and limit; grows with the nodes and pods of the
    cluster."""

    node_role: Annotated[
        str, Form(r"^[A-Za-z0-9_+=,.@-]{1,64}$", "write the name of an IAM role, without its path or ARN")
    ]
    """Name of the IAM role that every node has."""

    ami_version: Annotated[
        str, Form(r"^v20[0-9]{6}$", "write a release of amazon-eks-ami, such as v20260714"), VERSION
    ] = "v20260714"
    """Release of the EKS-optimized Amazon Linux 2023 images, which have standard, NVIDIA and Neuron variants
    (CHANGELOG.md of awslabs/amazon-eks-ami). A new one replaces the nodes."""

    fast_image_pull: bool = True
    """Have nodes with accelerators load and unpack the layers of an image in parallel (SOCI snapshotter; AWS
    calls it experimental). It takes CPU and memory while the node has no other work."""

    node_pools: Annotated[Mapping[Name, NodePool], Field(min_length=1)]
    """Node pools by name."""


def check(karpenter: Karpenter, aws: Aws) -> Iterable[Problem]:
    """Find pools that AWS can't serve where the cluster is; paths start at the environment."""
    for name, pool in karpenter.node_pools.items():
        for problem in (*_zones(pool, aws), *_offers(pool, aws)):
            yield Problem(("karpenter", "node_pools", name, *problem.where), problem.message)


def pool_zones(pool: NodePool, aws: Aws) -> tuple[str, ...]:
    """Give the zones in which a pool may launch nodes."""
    return pool.zones or aws.zones


def _zones(pool: NodePool, aws: Aws) -> Iterable[Problem]:
    for index, zone in enumerate(pool.zones or ()):
        if zone not in aws.zones:
            yield Problem(
                ("zones", index), f"{zone} is not in aws.zones; write one of {', '.join(aws.zones)}"
            )
    zones = pool_zones(pool, aws)
    if pool.efa and len(zones) > 1:
        yield Problem(
            ("zones",) if pool.zones else (),
            f"has efa in {len(zones)} zones, but EFA traffic stays within one; set zones to one of "
            f"{', '.join(zones)}",
        )


def _offers(pool: NodePool, aws: Aws) -> Iterable[Problem]:
    zones = pool_zones(pool, aws)
    known = [(index, name) for index, name in enumerate(pool.instance_types) if name in names()]
    for index, name in known:
        if not set(zones).intersection(offered(name, aws.region)):
            yield Problem(("instance_types", index), _not_offered(name, aws.region, zones))
    for index, zone in enumerate(pool.zones or ()):
        if known and not any(zone in offered(name, aws.region) for _, name in known):
            yield Problem(("zones", index), f"{zone} offers none of the instance types; remove it")


def _not_offered(name: str, region: str, zones: tuple[str, ...]) -> str:
    here = offered(name, region)
    if here:
        return f"{name} is not offered in {', '.join(zones)}; {region} has it in {', '.join(here)}"
    return f"{name} is not offered in {region}; these regions have it: {', '.join(instance(name).offerings)}"
