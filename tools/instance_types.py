"""Derive charts_src/lib/instance_types.json from the EC2 data in the moto package.

moto ships the answers of EC2's DescribeInstanceTypes and DescribeInstanceTypeOfferings, the one copy of them
that a package registry serves. It is read as an archive and never installed:

    pip download --no-deps moto==5.2.5
    python -m tools.instance_types moto-5.2.5-py3-none-any.whl
"""

import gzip
import hashlib
import json
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any
from zipfile import ZipFile

SOURCE = {
    "package": "moto",
    "version": "5.2.5",
    "wheel_sha256": "eef62cdcf3bfe73e0863743511ba042dfaba04ba3d5ecdcb896a196c693ad528",
}
TABLE = Path(__file__).parents[1] / "charts_src" / "lib" / "instance_types.json"

FAMILIES = (
    *("m6i", "m7i", "m7a", "c6i", "c7i", "c7a", "r6i", "r7i", "r7a"),
    *("g5", "g6", "g6e", "p4d", "p5", "p5e", "p5en"),
    *("inf2", "trn1", "trn1n", "trn2"),
)
"""Instance families that node pools may use; all of them are x86_64."""

_RESOURCES = "moto/ec2/resources"
_OFFERINGS = f"{_RESOURCES}/instance_type_offerings/availability-zone/"


def facts(described: Mapping[str, Any]) -> dict[str, Any]:
    """Give the row of one instance type from its entry in DescribeInstanceTypes."""
    network = described["NetworkInfo"]
    gpus = described.get("GpuInfo", {}).get("Gpus", [])
    neurons = described.get("NeuronInfo", {}).get("NeuronDevices", [])
    return {
        "vcpus": described["VCpuInfo"]["DefaultVCpus"],
        "memory_mib": described["MemoryInfo"]["SizeInMiB"],
        "gpus": sum(gpu["Count"] for gpu in gpus),
        "gpu_name": gpus[0]["Name"] if gpus else "",
        "neuron_devices": sum(neuron["Count"] for neuron in neurons),
        "neuron_cores": sum(neuron["Count"] * neuron["CoreInfo"]["Count"] for neuron in neurons),
        "neuron_name": neurons[0]["Name"] if neurons else "",
        "efa_interfaces": network.get("EfaInfo", {}).get("MaximumEfaInterfaces", 0),
        "network_cards": network["MaximumNetworkCards"],
        "pod_interfaces": network["NetworkCards"][network["DefaultNetworkCardIndex"]][
            "MaximumNetworkInterfaces"
        ],
        "addresses_per_interface": network["Ipv4AddressesPerInterface"],
        "nvme_gb": described.get("InstanceStorageInfo", {}).get("TotalSizeInGB", 0),
    }


def zone_letters(region: str, zones: Iterable[str]) -> str:
    """Shorten the zones of a region to their letters, "abd"; Local Zones are left out."""
    return "".join(sorted(zone[-1] for zone in zones if zone[:-1] == region))


def table(wheel: ZipFile) -> dict[str, dict[str, Any]]:
    """Give the row of every supported instance type, by name, with `offerings`: region -> zone letters."""
    described = _read(wheel, f"{_RESOURCES}/instance_types.json.gz")
    offerings = _offerings(wheel)
    return {
        name: facts(described[name]) | {"offerings": offerings[name]}
        for name in sorted(described)
        if name.partition(".")[0] in FAMILIES and not described[name]["BareMetal"]
    }


def text(rows: Mapping[str, Mapping[str, Any]]) -> str:
    """Write the table as JSON with one line per instance type, so that a diff names the types."""
    lines = ",\n".join(f'    "{name}": {json.dumps(row)}' for name, row in rows.items())
    return f'{{\n  "source": {json.dumps(SOURCE)},\n  "types": {{\n{lines}\n  }}\n}}\n'


def main(path: Path) -> None:
    """Write the table from the wheel at `path`; exits when it is not the pinned one."""
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    if digest != SOURCE["wheel_sha256"]:
        raise SystemExit(f"{path}: sha256 is {digest}; download moto {SOURCE['version']}")
    with ZipFile(path) as wheel:
        TABLE.write_text(text(table(wheel)), encoding="utf-8")


def _offerings(wheel: ZipFile) -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, list[str]]] = {}
    for path in sorted(name for name in wheel.namelist() if name.startswith(_OFFERINGS)):
        region = path.removeprefix(_OFFERINGS).removesuffix(".json.gz")
        for offering in _read(wheel, path):
            found.setdefault(offering["InstanceType"], {}).setdefault(region, []).append(offering["Location"])
    return {
        name: {
            region: letters for region, zones in regions.items() if (letters := zone_letters(region, zones))
        }
        for name, regions in found.items()
    }


def _read(wheel: ZipFile, path: str) -> Any:
    return json.loads(gzip.decompress(wheel.read(path)))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
