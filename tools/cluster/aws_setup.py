"""What the stand-in for AWS has to know of an environment: network, cluster, node role and reservations.

Network and cluster are read from rendered/<env>/aws, which the cluster is made of, not from the selectors of
the EC2NodeClasses: so a selector that selects nothing there is found.
"""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import yaml

from charts_src.objects import Body
from charts_src.proofs.tree import Objects

Tags = dict[str, str]
_RESERVATION_TYPE = "karpenter.k8s.aws/capacity-reservation-type"


@dataclass(frozen=True)
class Reservation:
    """Reserved instances of one type in one zone."""

    id: str
    instance_type: str
    zone: str
    count: int
    kind: str
    """`default`, an On-Demand Capacity Reservation, or `capacity-block`."""
    tags: Tags


@dataclass(frozen=True)
class Setup:
    """One cluster in one region."""

    cluster: str
    region: str
    version: str
    """Minor version of Kubernetes, such as 1.36; images of nodes are listed by it."""
    vpc_cidr: str
    service_cidr: str
    zones: list[str]
    tags: Tags
    """Tags that eksctl puts on all that it makes for the cluster."""
    groups: dict[str, Tags]
    """Security groups beside the cluster, by name."""
    role: str
    reservations: list[Reservation]

    def write(self, path: Path) -> None:
        """Write it as JSON."""
        path.write_text(json.dumps(asdict(self)), encoding="utf-8")

    @classmethod
    def read(cls, path: Path) -> "Setup":
        """Read what `write` wrote."""
        data = json.loads(path.read_text(encoding="utf-8"))
        return cls(**data | {"reservations": [Reservation(**item) for item in data["reservations"]]})


def setup_of(rendered: Path, objects: Objects, version: str) -> Setup:
    """Read the rendered tree of one environment; `version` is that of the API server, as 1.36."""
    cluster = yaml.safe_load((rendered / "aws" / "cluster.yaml").read_text(encoding="utf-8"))
    beside = json.loads((rendered / "aws" / "network.json").read_text(encoding="utf-8"))["Resources"]
    roles = {body["spec"]["role"] for body in objects.values() if body["kind"] == "EC2NodeClass"}
    (role,) = roles
    return Setup(
        cluster=cluster["metadata"]["name"],
        region=cluster["metadata"]["region"],
        version=version,
        vpc_cidr=cluster["vpc"]["cidr"],
        service_cidr=cluster["kubernetesNetworkConfig"]["serviceIPv4CIDR"],
        zones=cluster["availabilityZones"],
        tags=cluster["metadata"]["tags"],
        groups={
            name: {tag["Key"]: tag["Value"] for tag in item["Properties"].get("Tags", ())}
            for name, item in beside.items()
            if item["Type"] == "AWS::EC2::SecurityGroup"
        },
        role=role,
        reservations=[*_reservations(objects)],
    )


def _reservations(objects: Objects) -> Iterator[Reservation]:
    """Give each pool that may use a reservation as many instances as it may have nodes.

    That is the one thing here which nobody can read off the manifests: what an account has reserved.
    """
    classes = {body["metadata"]["name"]: body for body in objects.values() if body["kind"] == "EC2NodeClass"}
    for pool in (body for body in objects.values() if body["kind"] == "NodePool"):
        template = pool["spec"]["template"]["spec"]
        for term in classes[template["nodeClassRef"]["name"]]["spec"].get(
            "capacityReservationSelectorTerms", ()
        ):
            yield _reservation(pool, _required(template), term)


def _reservation(pool: Body, required: dict[str, list[str]], term: Body) -> Reservation:
    name = pool["metadata"]["name"]
    invented = "cr-" + hashlib.sha256(name.encode()).hexdigest()[:17]
    return Reservation(
        id=term.get("id", invented),
        instance_type=required["node.kubernetes.io/instance-type"][0],
        zone=required["topology.kubernetes.io/zone"][0],
        count=int(pool["spec"]["limits"]["nodes"]),
        kind=required.get(_RESERVATION_TYPE, ["default"])[0],
        tags=term.get("tags", {}),
    )


def _required(template: Body) -> dict[str, list[str]]:
    return {each["key"]: each["values"] for each in template["requirements"]}
