"""The namespaces that the environments have, and how strict Kubernetes is with the pods in each."""

from typing import Literal, NamedTuple

KUBERAY_SYSTEM = "kuberay-system"
STABLE_DIFFUSION = "stable-diffusion"


class PodSecurity(NamedTuple):
    """The Pod Security Standard that a namespace enforces."""

    level: Literal["restricted", "baseline", "privileged"] = "restricted"
    reason: str = ""
    """Why it is not restricted."""


NAMESPACES: dict[str, PodSecurity] = {
    KUBERAY_SYSTEM: PodSecurity(),
    STABLE_DIFFUSION: PodSecurity(),
}
"""Every namespace that the component `namespaces` creates."""

RAY_NAMESPACES = (STABLE_DIFFUSION,)
"""Namespaces with Ray clusters: the KubeRay operator watches these and has permissions in no other."""
