"""Custom resource definitions, one component for each operator; they read nothing of the environment.

They are apart from their operators, so that removing an operator leaves the definitions, and with them
all custom resources. All are too large for the last-applied annotation and need server-side apply.
"""

from charts_src.manifest import Component
from charts_src.schema.sources import KARPENTER, KUBERAY
from charts_src.schema.store import installable_crd


class KarpenterCrds(Component):
    """The definitions that the Karpenter controller works with."""

    name = "karpenter-crds"
    target_namespace = "kube-system"

    def versions(self) -> dict[str, str]:
        """Name the version of Karpenter that the definitions come from."""
        return {"karpenter": KARPENTER.version.removeprefix("v")}

    def compose(self) -> None:
        """Add each definition."""
        for crd in (
            "capacitybuffers.autoscaling.x-k8s.io",
            "ec2nodeclasses.karpenter.k8s.aws",
            "nodeclaims.karpenter.sh",
            "nodeoverlays.karpenter.sh",
            "nodepools.karpenter.sh",
        ):
            self.add(installable_crd(crd))


class KubeRayCrds(Component):
    """The definitions that the KubeRay operator works with; without RayCronJob, whose gate is off."""

    name = "kuberay-crds"
    target_namespace = "kuberay-system"

    def versions(self) -> dict[str, str]:
        """Name the version of KubeRay that the definitions come from."""
        return {"kuberay": KUBERAY.version.removeprefix("v")}

    def compose(self) -> None:
        """Add each definition."""
        for crd in ("rayclusters.ray.io", "rayjobs.ray.io", "rayservices.ray.io"):
            self.add(installable_crd(crd))
