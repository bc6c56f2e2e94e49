"""What pods can have on a node of an instance type, as Karpenter computes it before the node exists.

Source: pkg/providers/instancetype/types.go of karpenter-provider-aws v1.15.1 (computeCapacity,
kubeReservedResources, evictionThreshold, ENILimitedPods), for AL2023 without kubelet settings that change it.
Karpenter's documentation has the same numbers for every type (reference/instance-types.md below
website/content/en/v1.14 of that repository); tests compare some. A real node has a little more memory, as
Karpenter guesses what the hypervisor keeps.
"""

from math import ceil

from charts_src.lib.accelerators import EFA, NEURON_CORE, NEURON_DEVICE, NVIDIA_GPU
from charts_src.lib.instances import InstanceType

VM_MEMORY_OVERHEAD_PERCENT = 0.075
"""Share of the memory that Karpenter counts as the hypervisor's; the controller's default, and a setting."""

_MIB = 1024 * 1024
_EVICTION_MIB = 100
_KUBE_RESERVED_DISK_MIB = 1024
_KUBE_RESERVED_CPU = ((0, 0.06), (1000, 0.01), (2000, 0.005), (4000, 0.0025))
"""Millicores from which a share is reserved, and the share; each band ends where the next begins."""


def allocatable(
    item: InstanceType, *, efa: bool = False, disk_bytes: int = 20 * 1024 * _MIB
) -> dict[str, int]:
    """Give what all pods of a node together, DaemonSets among them, can ask for.

    Resources that it has nothing of are left out. `cpu` is in millicores, `memory` and
    `ephemeral-storage` in MiB. `efa` says that the node class lays out an EFA interface on each network card.
    `disk_bytes` is the size of the disk that pods write on; by default Karpenter's root volume of 20 GiB.
    """
    pods = max_pods(item, efa=efa)
    resources = {
        "cpu": item.vcpus * 1000 - _reserved_millicores(item.vcpus * 1000),
        "memory": _memory(item.memory_mib) - (11 * pods + 255) - _EVICTION_MIB,
        "ephemeral-storage": _disk(disk_bytes),
        "pods": pods,
        NVIDIA_GPU: item.gpus,
        NEURON_DEVICE: item.neuron_devices,
        NEURON_CORE: item.neuron_cores,
        EFA: item.efa_interfaces,
    }
    return {name: amount for name, amount in resources.items() if amount}


def max_pods(item: InstanceType, *, efa: bool = False) -> int:
    """Give the most pods of a node, for which the VPC CNI has addresses; two of them are on the host network.

    An EFA interface on the default network card has no addresses and takes the place of one that has.
    """
    interfaces = item.pod_interfaces - (1 if efa and item.efa_interfaces else 0)
    return interfaces * (item.addresses_per_interface - 1) + 2


def _memory(mib: int) -> int:
    return mib - ceil(mib * _MIB * VM_MEMORY_OVERHEAD_PERCENT / _MIB)


def _disk(size: int) -> int:
    # The kubelet evicts pods when a tenth of the disk is left.
    return (size - ceil(size / 100 * 10)) // _MIB - _KUBE_RESERVED_DISK_MIB


def _reserved_millicores(millicores: int) -> int:
    ends = [start for start, _ in _KUBE_RESERVED_CPU[1:]] + [millicores]
    return sum(
        int((min(millicores, end) - start) * share)
        for (start, share), end in zip(_KUBE_RESERVED_CPU, ends, strict=True)
        if millicores >= start
    )
