"""What EC2 instance types have and where they are offered.

Source: instance_types.json beside this file, which names its own source; tools/instance_types.py writes it.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache
from pathlib import Path

from charts_src.lib.accelerators import Accelerator


@dataclass(frozen=True)
class InstanceType:
    """One instance type as EC2's DescribeInstanceTypes gives it."""

    name: str
    """Such as trn1.32xlarge."""

    vcpus: int
    """Virtual CPUs with EC2's default threads per core."""

    memory_mib: int
    """Memory in MiB, before what the hypervisor and the kubelet keep."""

    gpus: int
    """NVIDIA GPUs."""

    gpu_name: str
    """Model of the GPUs, such as A10G; empty without GPUs."""

    neuron_devices: int
    """Trainium or Inferentia chips."""

    neuron_cores: int
    """Physical NeuronCores of all chips together."""

    neuron_name: str
    """Model of the chips, such as Trainium2; empty without chips."""

    efa_interfaces: int
    """Elastic Fabric Adapter interfaces that can be attached."""

    network_cards: int
    """Network cards; a type with EFA has one EFA interface on each."""

    pod_interfaces: int
    """Network interfaces that the default network card can have; the VPC CNI uses no other card for pods."""

    addresses_per_interface: int
    """IPv4 addresses of each network interface, one of which is the interface's own."""

    nvme_gb: int
    """Instance store in GB, all disks together."""

    offerings: Mapping[str, str]
    """Region -> letters of the availability zones that offer the type, such as us-west-2 -> bd."""

    @property
    def accelerator(self) -> Accelerator:
        """Kind of accelerator on the instance."""
        if self.gpus:
            return "nvidia"
        if self.neuron_devices:
            return "inferentia" if self.neuron_name.startswith("Inferentia") else "trainium"
        return "none"

    @property
    def accelerators(self) -> int:
        """GPUs or Neuron devices: what a pod counts in the resource of the accelerator."""
        return self.gpus or self.neuron_devices


def names() -> tuple[str, ...]:
    """Give the name of every known instance type, sorted."""
    return tuple(_types())


def instance(name: str) -> InstanceType:
    """Look up an instance type; raises KeyError when the table does not have it."""
    return _types()[name]


def offered(name: str, region: str) -> tuple[str, ...]:
    """Give the availability zones of a region that offer an instance type, sorted; none in other regions."""
    return tuple(region + letter for letter in instance(name).offerings.get(region, ""))


def unknown_type(name: str) -> str:
    """Say that the table has no such instance type, and what may have been meant."""
    close = get_close_matches(name, names(), n=1)
    remedy = f"did you mean {close[0]}?" if close else "add its family to tools/instance_types.py"
    return f"{name} is not a known instance type; {remedy}"


@cache
def _types() -> dict[str, InstanceType]:
    path = Path(__file__).with_name("instance_types.json")
    rows = json.loads(path.read_text(encoding="utf-8"))["types"]
    return {name: InstanceType(name=name, **row) for name, row in rows.items()}
