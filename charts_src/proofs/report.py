"""All proofs of an environment, and what they looked at."""

from typing import NamedTuple

from charts_src.lib.namespaces import JUPYTERHUB, NOTEBOOKS
from charts_src.lib.notebook_services import NOTEBOOK
from charts_src.lib.notebooks import profile_pods
from charts_src.model import Environment
from charts_src.objects import Identity
from charts_src.proofs import access, closure, connections, placement
from charts_src.proofs.nodes import nodes_of
from charts_src.proofs.pods import Pod, all_pods
from charts_src.proofs.tree import Failure, Objects


class Proofs(NamedTuple):
    """What was proven of an environment, and everything that does not hold."""

    references: int
    pods: int
    nodes: int
    connections: int
    failures: tuple[Failure, ...]

    def __str__(self) -> str:
        """Write what was looked at on one line, then each failure on its own."""
        seen = (
            f"{self.references} references, {self.pods} pods on {self.nodes} kinds of nodes, "
            f"{self.connections} connections, {len(self.failures)} failures"
        )
        return "\n".join([seen, *map(str, self.failures)])


def notebooks(env: Environment) -> list[Pod]:
    """Give the pods that KubeSpawner makes, whose template is data of the hub."""
    if env.jupyterhub is None:
        return []
    hub = Identity("", "ConfigMap", JUPYTERHUB, "hub")
    return [Pod(hub, f"profile {name}", NOTEBOOKS, NOTEBOOK, spec) for name, spec in profile_pods(env)]


def prove(objects: Objects, env: Environment) -> Proofs:
    """Prove that references lead somewhere, pods fit, permissions are narrow, connections have two ends."""
    pods, nodes = [*all_pods(objects.values()), *notebooks(env)], nodes_of(objects, env)
    return Proofs(
        references=closure.referenced(objects),
        pods=len(pods),
        nodes=len(nodes),
        connections=len(connections.matrix(objects)),
        failures=(
            *closure.unresolved(objects, env),
            *placement.misplaced(pods, nodes),
            *access.cluster_wide_secrets(objects),
            *connections.one_sided(objects),
        ),
    )
