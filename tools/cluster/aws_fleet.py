"""ec2:CreateFleet: which of the instance types that Karpenter leaves open EC2 would start, and how.

moto 5.2.5 takes the first, whatever it costs, and forgets what the launch template says of security groups,
subnets and reservations; Karpenter would then replace each node for its drift.
"""

import re
from collections.abc import Iterator
from math import inf
from typing import TYPE_CHECKING, Any, NamedTuple

from charts_src.lib.prices import prices

if TYPE_CHECKING:  # to import it takes a second, and what narrows a request does without
    from moto.ec2.models import EC2Backend

Query = dict[str, str]
_OVERRIDE = re.compile(r"LaunchTemplateConfigs\.(\d+)\.Overrides\.(\d+)\.InstanceType")
_CONFIG = re.compile(r"LaunchTemplateConfigs\.(\d+)\.(?:Overrides\.(\d+)\.)?(.*)")
TARGET = "TargetCapacitySpecification.DefaultTargetCapacityType"
_SUBNET = "LaunchTemplateConfigs.1.Overrides.1.SubnetId"


class Launch(NamedTuple):
    """What a launch template says that moto does not do."""

    groups: list[str]
    subnet: str
    reservation: str


def narrowed(query: Query) -> Query:
    """Keep the cheapest instance type alone; of equals the first by name and zone.

    That is EC2's `lowest-price`. For Spot, `price-capacity-optimized` also looks at how much of a type is
    left, which nobody knows here: among types of a Spot pool this is a model.
    """
    choices = [
        (
            _price(name),
            name,
            query.get(key.replace("InstanceType", "AvailabilityZone"), ""),
            found[1],
            found[2],
        )
        for key, name in query.items()
        if (found := _OVERRIDE.fullmatch(key))
    ]
    _, _, _, config, override = min(choices)
    return dict(_kept(query, config, override))


def launch_of(query: Query, backend: "EC2Backend") -> Launch:
    """Read the launch template of a narrowed request."""
    name = query["LaunchTemplateConfigs.1.LaunchTemplateSpecification.LaunchTemplateName"]
    data: dict[str, Any] = backend.get_launch_template_by_name(name).latest_version().data
    (interface, *_) = data["NetworkInterfaces"]
    target = data.get("CapacityReservationSpecification", {}).get("CapacityReservationTarget", {})
    groups = list(interface.get("Groups", ()))
    return Launch(groups, interface.get("SubnetId", ""), target.get("CapacityReservationId", ""))


def prepared(query: Query, launch: Launch) -> Query:
    """Say to moto what it does not read: the subnet, and that a capacity block is paid for, not Spot."""
    query = dict(query)
    if launch.subnet:
        query.setdefault(_SUBNET, launch.subnet)
    if query.get(TARGET) == "capacity-block":
        query[TARGET] = "on-demand"
    return query


def settle(answer: bytes, launch: Launch, backend: "EC2Backend", target: str) -> None:
    """Give the instances of an answer their security groups, and what tells how they are paid for."""
    for found in set(re.findall(rb"\bi-[0-9a-f]{17}\b", answer)):
        instance = backend.get_instance(found.decode())
        groups = [backend.get_security_group_from_id(group) for group in launch.groups]
        instance.security_groups = groups
        for interface in instance.nics.values():
            interface._group_set = list(groups)  # noqa: SLF001
        if launch.reservation:
            instance.capacity_reservation_id = launch.reservation
            instance.capacity_reservation_specification = {
                "CapacityReservationPreference": "capacity-reservations-only"
            }
        if target == "capacity-block":
            instance.lifecycle = target
        if target == "spot":
            instance.spot_instance_request_id = f"sir-{instance.id[-8:]}"


def running(backend: "EC2Backend") -> dict[str, int]:
    """Count the instances of each reservation that have not ended."""
    counts: dict[str, int] = {}
    for instance in backend.all_instances():
        reservation = getattr(instance, "capacity_reservation_id", None)
        if reservation and instance.state not in ("terminated", "shutting-down"):
            counts[reservation] = counts.get(reservation, 0) + 1
    return counts


def _price(name: str) -> float:
    price = prices().of(name)
    return inf if price is None else price


def _kept(query: Query, config: str, override: str) -> Iterator[tuple[str, str]]:
    for key, value in query.items():
        found = _CONFIG.fullmatch(key)
        if found is None:
            yield key, value
        elif found[1] == config and found[2] in (None, override):
            yield f"LaunchTemplateConfigs.1.{'Overrides.1.' if found[2] else ''}{found[3]}", value
