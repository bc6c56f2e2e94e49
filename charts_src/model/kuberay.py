"""The KubeRay operator's section."""

from collections.abc import Iterable
from typing import Annotated, Literal

from pydantic import Field

from charts_src.model.base import VERSION, Model, Problem, Quantity
from charts_src.model.karpenter import Karpenter


class KubeRay(Model):
    """The operator that runs Ray clusters."""

    version: Annotated[Literal["1.6.2"], VERSION] = "1.6.2"
    """Version of the operator and its CRDs."""

    replicas: Annotated[int, Field(ge=1, le=3)] = 2
    """Pods of the operator; one leads, the others take over when it fails."""

    cpu: Quantity = "100m"
    """CPU of each pod, request and limit."""

    memory: Quantity = "512Mi"
    """Memory of each pod, request and limit; upstream counts 500 MB for 500 Ray pods."""

    webhook: bool = False
    """Check RayClusters as they are written; cert-manager makes its certificate."""


def check(karpenter: Karpenter) -> Iterable[Problem]:
    """Find an environment in which the operator has no node to run on; paths start at the environment."""
    if not any(pool.purpose == "system" for pool in karpenter.node_pools.values()):
        yield Problem(
            ("karpenter", "node_pools"),
            "no pool has purpose system, where operators and Ray heads run; add one",
        )
