"""Which object must be there and healthy before which, and how deep that goes.

Argo CD goes on to the next sync wave when everything in this one is healthy, so a missing edge is a deadlock
as often as it is a failed sync: a NodePool ahead of Karpenter never gets healthy, nor do pods ahead of their
nodes.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from graphlib import CycleError, TopologicalSorter
from typing import NamedTuple, TypeVar

from charts_src.errors import UserError
from charts_src.objects import Identity
from charts_src.references import Resource, Summary

Node = TypeVar("Node")

HEALTH_CHECKED = frozenset(
    {
        ("argoproj.io", "CronWorkflow"),
        ("argoproj.io", "Workflow"),
        ("cert-manager.io", "Certificate"),
        ("cert-manager.io", "ClusterIssuer"),
        ("cert-manager.io", "Issuer"),
        ("external-secrets.io", "ClusterSecretStore"),
        ("external-secrets.io", "ExternalSecret"),
        ("external-secrets.io", "SecretStore"),
        ("karpenter.k8s.aws", "EC2NodeClass"),
        ("karpenter.sh", "NodeClaim"),
        ("karpenter.sh", "NodePool"),
        ("kubeflow.org", "MPIJob"),
        ("monitoring.coreos.com", "Alertmanager"),
        ("monitoring.coreos.com", "Prometheus"),
        ("ray.io", "RayCluster"),
        ("ray.io", "RayJob"),
        ("ray.io", "RayService"),
        ("sparkoperator.k8s.io", "SparkApplication"),
    }
)
"""(group, kind) of custom resources whose health Argo CD waits for: those of resource_customizations in
argo-cd v3.6.1 and of lib/health."""

_ADMITTED = frozenset(
    {("kueue.x-k8s.io", "ClusterQueue"), ("sparkoperator.k8s.io", "ScheduledSparkApplication")}
)
"""(group, kind) of custom resources without a health check that nobody can write until a webhook of their
controller serves."""

_BINDINGS = ("ClusterRoleBinding", "RoleBinding")


class _Index(NamedTuple):
    """All objects under consideration, by what others look them up by."""

    objects: dict[Identity, Summary]
    makers: dict[Identity, Identity]
    """Object that a controller makes -> the object it makes it for."""
    resources: dict[tuple[str, str], tuple[Resource, Identity]]
    """(group, kind) -> its definition, and the CustomResourceDefinition that gives it."""
    plurals: dict[tuple[str, str], Identity]
    """(group, plural) -> its CustomResourceDefinition."""
    referrers: dict[Identity, list[Summary]]
    """Object -> those that name it."""
    controllers: dict[tuple[str, str], list[Summary]]
    """(group, plural) -> roles that let a controller write its status."""
    node_pools: list[Summary]


_Edges = Callable[[Summary, _Index], Iterator[Identity]]


def needs(summaries: Sequence[Summary]) -> dict[Identity, list[Identity]]:
    """Give, for each object, those of `summaries` without which it can't be created or can't get healthy."""
    return _collect(summaries, _NEEDS)


def order(summaries: Sequence[Summary]) -> dict[Identity, list[Identity]]:
    """Give what `needs` does, and what should be there first so that nothing fails and is tried again."""
    return _collect(summaries, _NEEDS + _PREFERENCES)


def depths(graph: Mapping[Node, Sequence[Node]]) -> dict[Node, int]:
    """Give the length of the longest chain that starts at each node; 0 for a node that depends on none.

    Raises UserError for nodes that depend on each other, naming them.
    """
    found: dict[Node, int] = {}
    try:
        for node in TopologicalSorter(graph).static_order():
            found[node] = max((found[needed] + 1 for needed in graph.get(node, ())), default=0)
    except CycleError as error:
        chain = " -> ".join(map(str, reversed(error.args[1])))
        raise UserError(f"{chain}: each needs the next to be there first; break the cycle") from None
    return found


def _collect(summaries: Sequence[Summary], edges: tuple[_Edges, ...]) -> dict[Identity, list[Identity]]:
    index = _index(summaries)
    return {
        summary.identity: sorted(
            {found for find in edges for found in find(summary, index) if found in index.objects}
            - {summary.identity}
        )
        for summary in summaries
    }


def _index(summaries: Sequence[Summary]) -> _Index:
    index = _Index({}, {}, {}, {}, defaultdict(list), defaultdict(list), [])
    for summary in summaries:
        index.objects[summary.identity] = summary
        for resource in summary.provides:
            index.resources[resource.group, resource.kind] = resource, summary.identity
            index.plurals[resource.group, resource.plural] = summary.identity
        for made in summary.makes:
            index.makers[made] = summary.identity
        for reference in summary.references:
            index.referrers[reference.target].append(summary)
        for controlled in summary.controls:
            index.controllers[controlled].append(summary)
        if summary.node_labels:
            index.node_pools.append(summary)
    return index


def _named(summary: Summary, index: _Index) -> Iterator[Identity]:
    """Find what the object names, or what that is made for."""
    for reference in summary.references:
        yield index.makers.get(reference.target, reference.target)


def _definition(summary: Summary, index: _Index) -> Iterator[Identity]:
    """Find the CustomResourceDefinition of the object's kind."""
    if found := index.resources.get((summary.identity.group, summary.identity.kind)):
        yield found[1]


def _controlled(summary: Summary, index: _Index) -> Iterator[Identity]:
    """Find the definitions that a role's holder can't start without, as it watches their objects."""
    for controlled in summary.controls:
        if definition := index.plurals.get(controlled):
            yield definition


def _controller(summary: Summary, index: _Index) -> Iterator[Identity]:
    """Find what makes a custom resource healthy: the pods whose role lets them write its status.

    A kind without a health check counts as healthy at once: a ServiceMonitor waits for no operator.
    """
    if summary.identity[:2] not in HEALTH_CHECKED | _ADMITTED:
        return
    if found := index.resources.get((summary.identity.group, summary.identity.kind)):
        for role in index.controllers.get((found[0].group, found[0].plural), ()):
            yield role.identity
            for binding in index.referrers.get(role.identity, ()):
                yield from (workload.identity for workload in _holders(binding, index))


def _holders(binding: Summary, index: _Index) -> Iterator[Summary]:
    for account in _accounts(binding):
        yield from (referrer for referrer in index.referrers.get(account, ()) if referrer.pods)


def _accounts(summary: Summary) -> Iterator[Identity]:
    for reference in summary.references:
        if reference.target.kind == "ServiceAccount":
            yield reference.target


def _nodes(summary: Summary, index: _Index) -> Iterator[Identity]:
    """Find the node pools that the object's pods select."""
    for selector in summary.pods:
        for pool in index.node_pools:
            shared = pool.node_labels.keys() & selector.keys()
            if shared and all(pool.node_labels[key] == selector[key] for key in shared):
                yield pool.identity


def _permissions(summary: Summary, index: _Index) -> Iterator[Identity]:
    """Find the bindings of the accounts that the object's pods run as."""
    if summary.pods:
        for account in _accounts(summary):
            for referrer in index.referrers.get(account, ()):
                if referrer.identity.kind in _BINDINGS:
                    yield referrer.identity


_NEEDS: tuple[_Edges, ...] = (_named, _definition, _controlled, _controller, _nodes)
_PREFERENCES: tuple[_Edges, ...] = (_permissions,)
