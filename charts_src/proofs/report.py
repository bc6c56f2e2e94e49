"""All proofs of an environment, and what they looked at."""

from collections.abc import Callable
from typing import NamedTuple

from charts_src.lib.namespaces import JUPYTERHUB, NOTEBOOKS
from charts_src.lib.notebook_services import NOTEBOOK
from charts_src.lib.notebooks import profile_pods
from charts_src.model import Environment
from charts_src.objects import Identity
from charts_src.proofs import (
    access,
    accounts,
    closure,
    connections,
    devices,
    disruption,
    files,
    grants,
    guards,
    hosts,
    ingresses,
    limits,
    machines,
    metadata,
    observed,
    placement,
    places,
    quotas,
    rules,
    shapes,
    volumes,
)
from charts_src.proofs.nodes import Node, nodes_of
from charts_src.proofs.pods import Pod, all_pods
from charts_src.proofs.tree import Failure, Objects
from charts_src.references import Summary, summarise


class World(NamedTuple):
    """An environment, as proofs look at it."""

    objects: Objects
    env: Environment
    pods: list[Pod]
    """Those that exist when everything runs, notebooks too."""
    nodes: list[Node]
    summaries: list[Summary]
    """Whom each object names."""


class Proven(NamedTuple):
    """One proof of one environment."""

    name: str
    about: str
    """What must hold, for people."""
    failures: tuple[Failure, ...]


class Proofs(NamedTuple):
    """What was proven of an environment, and everything that does not hold."""

    references: int
    pods: int
    nodes: int
    connections: int
    proven: tuple[Proven, ...]

    @property
    def failures(self) -> tuple[Failure, ...]:
        """Give the failures of all proofs, in the order of these."""
        return tuple(failure for proof in self.proven for failure in proof.failures)

    def __str__(self) -> str:
        """Write what was looked at on one line, then each failure on its own."""
        seen = (
            f"{self.references} references, {self.pods} pods on {self.nodes} kinds of nodes, "
            f"{self.connections} connections, {len(self.failures)} failures"
        )
        return "\n".join([seen, *map(str, self.failures)])


_Proof = Callable[[World], list[Failure]]

PROOFS: tuple[tuple[str, str, _Proof], ...] = (
    ("rules", "each object keeps the rules for single objects", lambda w: rules.broken(w.objects, w.env)),
    ("metadata", "each object belongs somewhere and is protected", lambda w: metadata.wrong(w.objects)),
    ("references", "whatever is named is there", lambda w: closure.unresolved(*w[:2], w.summaries)),
    ("accounts", "each pod of a program has its account", lambda w: accounts.missing(w.objects, w.pods)),
    ("shapes", "pods in texts have the fields of pods", lambda w: shapes.misspelled(w.pods, w.env)),
    ("host names", "each Service that a text names is there", lambda w: hosts.unknown(w.objects)),
    ("places", "each namespace that is named is there", lambda w: places.unknown(w.objects)),
    ("files", "each file that a program reads is mounted", lambda w: files.missing(w.objects, w.pods)),
    ("volumes", "claims and volumes fit each other", lambda w: volumes.wrong(w.objects, w.pods)),
    ("placement", "each pod fits on a node", lambda w: placement.misplaced(w.pods, w.nodes)),
    ("limits", "each limit is one that a node can reach", lambda w: limits.unreachable(w.pods, w.nodes)),
    ("devices", "GPUs, Neuron devices and EFA suit pod and node", lambda w: devices.wrong(w.pods, w.nodes)),
    ("shared memory", "volumes in memory fit the limits", lambda w: limits.over_memory(w.pods)),
    ("machines", "images and storage suit the instance types", lambda w: machines.wrong(w.objects, w.env)),
    ("queues", "quotas of Kueue are of what nodes have", lambda w: quotas.wrong(w.objects, w.nodes)),
    ("secrets", "few may read Secrets everywhere", lambda w: access.cluster_wide_secrets(w.objects)),
    ("grants", "roles name resources that exist", lambda w: grants.unserved(w.objects)),
    ("ingresses", "all agree on their load balancer", lambda w: ingresses.unlike(w.objects)),
    ("namespaces", "nothing talks unless a policy says so", lambda w: guards.open_namespaces(w.objects)),
    ("connections", "both ends allow a connection", lambda w: connections.one_sided(w.objects)),
    ("metrics", "whoever has metrics is asked for them", lambda w: observed.unasked(w.objects, w.pods)),
    ("disruption", "evictions hurt nobody and end", lambda w: disruption.broken(w.objects, w.pods, w.nodes)),
)
"""Name, what must hold, and the proof; in the order of the report."""


def world(objects: Objects, env: Environment) -> World:
    """Project pods and nodes out of the objects of an environment, once for all proofs."""
    pods = [*all_pods(objects.values()), *notebooks(env)]
    summaries = [summarise(body) for body in objects.values()]
    return World(objects, env, pods, nodes_of(objects, env), summaries)


def prove(objects: Objects, env: Environment) -> Proofs:
    """Prove everything that must hold of the objects of an environment together."""
    try:
        seen = world(objects, env)
        references = sum(len(each.references) for each in seen.summaries)
        counts = (references, len(seen.pods), len(seen.nodes))
        return Proofs(
            *counts, len(connections.matrix(objects)), tuple(_proven(*proof, seen) for proof in PROOFS)
        )
    except _MISSHAPEN as error:
        about = "each object has the shape of its kind"
        return Proofs(0, 0, 0, 0, (Proven("shape", about, (_misshapen(error),)),))


_MISSHAPEN = (AttributeError, IndexError, KeyError, TypeError, ValueError)
"""What a proof raises for an object that has not the shape of its kind."""


def _proven(name: str, about: str, proof: _Proof, seen: World) -> Proven:
    try:
        return Proven(name, about, tuple(proof(seen)))
    except _MISSHAPEN as error:
        return Proven(name, about, (_misshapen(error),))


def _misshapen(error: Exception) -> Failure:
    reason = f"{type(error).__name__} {error}"
    return Failure("environment", f"has an object without the shape of its kind ({reason}); see its schema")


def notebooks(env: Environment) -> list[Pod]:
    """Give the pods that KubeSpawner makes, whose template is data of the hub."""
    if env.jupyterhub is None:
        return []
    hub = Identity("", "ConfigMap", JUPYTERHUB, "hub")
    return [Pod(hub, f"profile {name}", NOTEBOOKS, NOTEBOOK, spec) for name, spec in profile_pods(env)]
