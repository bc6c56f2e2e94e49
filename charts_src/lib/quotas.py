"""Quotas of jobs: what some nodes of a pool have, in the resources that Kueue counts.

Amounts are written as Kubernetes itself would write them (1Ti, not 1024Gi): Kueue's webhook writes the
object back when it is created, and Argo CD would see another spelling as a difference.
"""

from charts_src.lib.accelerators import EFA, NEURON_DEVICE, NVIDIA_GPU, RESOURCE, Accelerator
from charts_src.lib.instances import InstanceType

RESOURCES = ("cpu", "memory", NVIDIA_GPU, NEURON_DEVICE, EFA)
"""Resources that a job's quota covers, in the order of the quotas of each flavor."""


def quotas(
    nodes: int, types: tuple[InstanceType, ...], accelerator: Accelerator, *, efa: bool
) -> dict[str, str]:
    """Give what this many nodes of a pool have, counted as its limits are: by the largest type."""
    amounts = dict.fromkeys(RESOURCES, "0")
    amounts["cpu"] = decimal(nodes * max(item.vcpus for item in types))
    amounts["memory"] = gibibytes(nodes * max(item.memory_mib for item in types) // 1024)
    if accelerator != "none":
        amounts[RESOURCE[accelerator]] = decimal(nodes * max(item.accelerators for item in types))
    if efa:
        amounts[EFA] = decimal(nodes * max(item.efa_interfaces for item in types))
    return amounts


def decimal(number: int) -> str:
    """Write a number as Kubernetes does: 2000 is 2k."""
    return _suffixed(number, 1000, ("", "k", "M", "G"))


def gibibytes(number: int) -> str:
    """Write a number of GiB as Kubernetes does: 2048 is 2Ti."""
    return _suffixed(number, 1024, ("Gi", "Ti", "Pi")) if number else "0"


def _suffixed(number: int, base: int, suffixes: tuple[str, ...]) -> str:
    for suffix in suffixes[:-1]:
        if number == 0 or number % base:
            return f"{number}{suffix}"
        number //= base
    return f"{number}{suffixes[-1]}"
