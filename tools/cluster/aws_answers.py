"""Answers of AWS that moto 5.2.5 does not give, or gives wrongly, as far as Karpenter asks for them.

Shapes: the EC2 Query API of 2016-11-15 (XML) and Systems Manager's JSON 1.1.
"""

import gzip
import json
import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from functools import cache
from importlib.metadata import distribution
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

from charts_src.lib.prices import prices
from tools.cluster.aws_setup import Reservation

SPOT_SHARE = 0.35
"""A model, not a quote: a Spot price as a share of the On-Demand price, so that Karpenter can rank types.

It stands in no plan of costs, and has no source.
"""

DRY_RUN = (
    b"<Response><Errors><Error><Code>DryRunOperation</Code>"
    b"<Message>Request would have succeeded, but DryRun flag is set.</Message></Error></Errors>"
    b"<RequestID>stand-in</RequestID></Response>"
)
"""What EC2 answers, with status 412, to who may do what is tried."""

_VARIANTS = {
    ("x86_64", "standard"): "ami-0000000000000a001",
    ("x86_64", "nvidia"): "ami-0000000000000a002",
    ("x86_64", "neuron"): "ami-0000000000000a003",
    ("arm64", "standard"): "ami-0000000000000a004",
    ("arm64", "nvidia"): "ami-0000000000000a005",
}
"""Variant of AL2023 that Karpenter asks for (pkg/providers/amifamily/al2023.go) -> a made-up id."""

_PARAMETER = re.compile(
    r"/aws/service/eks/optimized-ami/(?P<minor>\d\.\d+)/amazon-linux-2023/(?P<arch>x86_64|arm64)/"
    r"(?P<variant>[a-z]+)/amazon-eks-node-al2023-(?P=arch)-(?P=variant)-(?P=minor)-v\d{8}/image_id"
)


def images() -> list[dict[str, Any]]:
    """Give the images of nodes, as moto reads them from the file that MOTO_AMIS_PATH names."""
    return [
        {
            "ami_id": image,
            "name": f"amazon-eks-node-al2023-{arch}-{variant}",
            "description": "a stand-in",
            "owner_id": "602401143452",
            "public": True,
            "virtualization_type": "hvm",
            "architecture": arch,
            "state": "available",
            "platform": None,
            "image_type": "machine",
            "hypervisor": "xen",
            "root_device_name": "/dev/xvda",
            "root_device_type": "ebs",
            "sriov": "simple",
            "creation_date": "2026-07-14T00:00:00.000Z",
        }
        for (arch, variant), image in _VARIANTS.items()
    ]


def parameter(name: str, minor: str) -> tuple[int, bytes]:
    """Answer ssm:GetParameter: HTTP status and body, for the images of one minor version of Kubernetes.

    Which releases of an image exist is not known here: any date will do.
    """
    found = _PARAMETER.fullmatch(name)
    image = _VARIANTS.get((found["arch"], found["variant"])) if found and found["minor"] == minor else None
    if image is None:
        return 400, json.dumps({"__type": "ParameterNotFound", "message": name}).encode()
    answer = {"Name": name, "Type": "String", "Value": image, "Version": 1, "DataType": "text"}
    return 200, json.dumps({"Parameter": answer}).encode()


def spot_prices(region: str) -> bytes:
    """Answer ec2:DescribeSpotPriceHistory with the model for all types with a known price."""
    return _listed(
        "DescribeSpotPriceHistory",
        "spotPriceHistorySet",
        (
            {
                "instanceType": name,
                "productDescription": "Linux/UNIX",
                "spotPrice": f"{price * SPOT_SHARE:.6f}",
                "timestamp": _moment(datetime.now(UTC)),
                "availabilityZone": zone,
            }
            for name, zones in _offerings(region).items()
            if (price := prices().of(name)) is not None
            for zone in zones
        ),
    )


def reservations(asked: Mapping[str, str], known: Iterable[Reservation], used: Mapping[str, int]) -> bytes:
    """Answer ec2:DescribeCapacityReservations: those that ids and filters of the request select.

    `used` is the number of running instances of each.
    """
    items = (_reservation(each, used.get(each.id, 0)) for each in known if _selected(each, asked))
    return _listed("DescribeCapacityReservations", "capacityReservationSet", items)


def _selected(item: Reservation, asked: Mapping[str, str]) -> bool:
    ids = {value for key, value in asked.items() if key.startswith("CapacityReservationId.")}
    facts = {"state": "active", "instance-match-criteria": "targeted"}
    facts |= {f"tag:{key}": value for key, value in item.tags.items()}
    filters = [
        (asked[key], {value for other, value in asked.items() if other.startswith(key[:-4] + "Value.")})
        for key in asked
        if re.fullmatch(r"Filter\.\d+\.Name", key)
    ]
    return (not ids or item.id in ids) and all(facts.get(name) in values for name, values in filters)


def _reservation(item: Reservation, used: int) -> dict[str, str]:
    # A capacity block ends; Karpenter drains its nodes before that.
    block = item.kind == "capacity-block"
    ends = {"endDate": _moment(datetime.now(UTC) + timedelta(days=14)), "endDateType": "limited"}
    return {
        "capacityReservationId": item.id,
        "ownerId": "123456789012",
        "availabilityZone": item.zone,
        "instanceType": item.instance_type,
        "instancePlatform": "Linux/UNIX",
        "instanceMatchCriteria": "targeted",
        "reservationType": item.kind,
        "totalInstanceCount": str(item.count),
        "availableInstanceCount": str(max(item.count - used, 0)),
        "state": "active",
        **(ends if block else {"endDateType": "unlimited"}),
    }


def _listed(action: str, name: str, items: Iterable[Mapping[str, str]]) -> bytes:
    text = "".join(
        "<item>" + "".join(f"<{key}>{escape(value)}</{key}>" for key, value in item.items()) + "</item>"
        for item in items
    )
    space = "http://ec2.amazonaws.com/doc/2016-11-15/"
    head = f'<{action}Response xmlns="{space}"><requestId>stand-in</requestId>'
    return f"{head}<{name}>{text}</{name}></{action}Response>".encode()


@cache
def _offerings(region: str) -> dict[str, list[str]]:
    offerings = "moto/ec2/resources/instance_type_offerings/availability-zone"
    folder = Path(str(distribution("moto").locate_file(offerings)))
    found: dict[str, list[str]] = {}
    for item in json.loads(gzip.decompress((folder / f"{region}.json.gz").read_bytes())):
        found.setdefault(item["InstanceType"], []).append(item["Location"])
    return found


def _moment(time: datetime) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%S.000Z")
