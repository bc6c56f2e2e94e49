"""How pods share the GPUs of a node: named configurations of the NVIDIA device plugin.

Sources: k8s-device-plugin v0.19.3, README.md ("Shared Access to GPUs", "MIG") and api/config/v1; MIG
profiles: mig-parted, deployments/systemd/config-default.yaml (2026-08-21).

A shared GPU has a resource name of its own, so no pod gets a part where it asked for a whole GPU:
`nvidia.com/gpu.shared` with time-slicing and MPS (renameByDefault), `nvidia.com/mig-<profile>` with MIG
(strategy mixed; with strategy single a slice would be called nvidia.com/gpu). Karpenter knows neither name:
a NodeOverlay has to tell it the `capacity` of the instance types.
"""

from typing import Literal, NamedTuple

from charts_src.lib.accelerators import NVIDIA_GPU
from charts_src.objects import Body

Mode = Literal["time-slicing", "mps", "mig"]
"""time-slicing: pods take turns, and each may fill the memory. mps: each has its part of memory and compute,
in one process's context. mig: the GPU is cut into hardware slices."""

CONFIG_LABEL = "nvidia.com/device-plugin.config"
"""Node label that names the node's configuration of the device plugin."""

SHARED_GPU = f"{NVIDIA_GPU}.shared"
"""Resource that a pod asks for to get a share of a GPU by time-slicing or MPS."""

WHOLE = "whole"
"""Name of the configuration for nodes that share nothing, and for nodes without the label."""

MIG_PROFILES: dict[str, dict[str, int]] = {
    "H100": {"1g.10gb": 7, "1g.20gb": 4, "2g.20gb": 3, "3g.40gb": 2, "4g.40gb": 1, "7g.80gb": 1},
    "H200": {"1g.18gb": 7, "2g.35gb": 3, "3g.71gb": 2, "4g.71gb": 1, "7g.141gb": 1},
}
"""Model of GPU -> profile -> slices of a GPU that is cut into this profile only. Without A100: there MIG mode
waits for a reset of the GPU, and in a virtual machine for a reboot (MIG User Guide)."""


class Sharing(NamedTuple):
    """One way to share; `replicas` for time-slicing and MPS, `profile` for MIG."""

    mode: Mode
    replicas: int = 0
    profile: str = ""

    @property
    def config(self) -> str:
        """Name of the configuration; it says all that is in it, so a name never changes its meaning."""
        return f"{self.mode}-{self.profile or self.replicas}"

    @property
    def resource(self) -> str:
        """Resource that a pod asks for to get one share."""
        return f"nvidia.com/mig-{self.profile}" if self.mode == "mig" else SHARED_GPU

    def per_gpu(self, gpu_name: str) -> int:
        """Count the shares of one GPU; raises KeyError for a model that doesn't have the MIG profile."""
        return MIG_PROFILES[gpu_name][self.profile] if self.mode == "mig" else self.replicas

    def capacity(self, gpu_name: str, gpus: int) -> dict[str, str]:
        """Give what a node with these GPUs offers, as the `capacity` of a NodeOverlay."""
        return {self.resource: str(self.per_gpu(gpu_name) * gpus)}


def plugin_config(sharing: Sharing | None) -> Body:
    """Give the configuration of the device plugin.

    With failRequestsGreaterThanOne a pod that asks for several shares of time-slicing fails, instead of
    believing that it got more time; MPS does so by itself.
    """
    body: Body = {"version": "v1", "flags": {"migStrategy": "none"}}
    if sharing is None:
        return body
    if sharing.mode == "mig":
        return body | {"flags": {"migStrategy": "mixed"}}
    shared: Body = {
        "renameByDefault": True,
        "resources": [{"name": NVIDIA_GPU, "replicas": sharing.replicas}],
    }
    if sharing.mode == "mps":
        return body | {"sharing": {"mps": shared}}
    return body | {"sharing": {"timeSlicing": {"failRequestsGreaterThanOne": True} | shared}}


def mig_user_data(profile: str, count: int) -> str:
    """Give the script that cuts every GPU of a node into `count` slices, to run once as the node starts.

    The device plugin finds slices, but makes none. nodeadm starts the kubelet after the scripts of the user
    data (amazon-eks-ami, nodeadm-run.service).
    """
    slices = ",".join([profile] * count)
    return f"#!/bin/bash\nset -euo pipefail\nnvidia-smi -mig 1\nnvidia-smi mig -cgi {slices} -C\n"
