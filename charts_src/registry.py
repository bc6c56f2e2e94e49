"""Every component, in reading order; the order of syncs is derived from references, not from here."""

from charts_src.components.crds import KarpenterCrds, KubeRayCrds
from charts_src.components.kuberay_operator import KubeRayOperator
from charts_src.components.namespaces import Namespaces
from charts_src.components.node_pools import NodePools
from charts_src.manifest import Component
from charts_src.workloads.stable_diffusion import StableDiffusionServing

COMPONENTS: tuple[type[Component], ...] = (
    Namespaces,
    KarpenterCrds,
    NodePools,
    KubeRayCrds,
    KubeRayOperator,
    StableDiffusionServing,
)
