"""The queues: how much of the node pools each team may use at a time, and who goes first.

Source: apis/kueue/v1beta2 of sigs.k8s.io/kueue@v0.19.2 (fields, defaults); pkg/webhooks (what it accepts).
What the API server would fill in is written out, or Argo CD would see a difference.

A flavor is a node pool: its labels are those of the pool's nodes, so Kueue takes a job only into a pool that
its pods select, and pins them to it. Quotas are whole nodes. Quotas of all teams and of the cohort together
are never more than the limits of the NodePool, so no job is let in that Karpenter has no nodes for.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from charts_src.lib.accelerators import EFA_LABEL, Purpose, node_labels
from charts_src.lib.kueue_config import namespace_selector
from charts_src.lib.named_pool import NODE_POOL_LABEL, pool_taints
from charts_src.lib.namespaces import KUEUE_SYSTEM
from charts_src.lib.queues import PRIORITIES, QUEUE, QUEUE_NAMESPACES
from charts_src.lib.quotas import RESOURCES, quotas
from charts_src.manifest import Component
from charts_src.model.kueue import Kueue, Team, queued_nodes
from charts_src.model.node_pool import NodePool
from charts_src.objects import Body

COHORT = "genai-on-eks"
"""Name of the cohort in which teams lend each other what they leave."""

_API = "kueue.x-k8s.io/v1beta2"

_RANK: tuple[Purpose, ...] = ("batch", "training", "inference", "system")

Pools = dict[str, NodePool]


class Queues(Component):
    """Flavors, cohort, queues and priorities."""

    name = "queues"
    target_namespace = KUEUE_SYSTEM

    def compose(self) -> None:
        """Add a flavor for each pool that queues hand out, the queues of each team, and the priorities."""
        kueue = self.env.kueue
        pools = _pools(kueue, self.env.karpenter.node_pools)
        for name, pool in pools.items():
            self.add(_flavor(name, pool))
        self.add(_cohort(kueue, pools))
        for name, team in kueue.teams.items():
            self.add(_cluster_queue(name, team, kueue, pools))
        for body in (*_local_queues(kueue), *_priorities()):
            self.add(body)


def _pools(kueue: Kueue, pools: Mapping[str, NodePool]) -> Pools:
    """Give the pools that queues hand out; a job that selects none is taken into the first that it fits."""
    ranked = sorted(pools.items(), key=lambda item: _RANK.index(item[1].purpose))
    return {name: pool for name, pool in ranked if queued_nodes(kueue, pool) > 0}


def _flavor(name: str, pool: NodePool) -> Body:
    """Describe the nodes of a pool; a single instance type is a label too, so jobs that name one get it."""
    labels = node_labels(pool.accelerator, pool.purpose) | {EFA_LABEL: str(pool.efa).lower()}
    labels[NODE_POOL_LABEL] = name
    if len(pool.instance_types) == 1:
        labels["node.kubernetes.io/instance-type"] = pool.instance_types[0]
    spec: Body = {"nodeLabels": labels}
    if tainted := pool_taints(name, pool):
        spec["nodeTaints"] = tainted
    return _body("ResourceFlavor", name, spec)


def _team_nodes(team: Team, kueue: Kueue, pool: NodePool) -> int:
    return queued_nodes(kueue, pool) * team.share // 100


def _cohort(kueue: Kueue, pools: Pools) -> Body:
    """Keep what is left of the pools after each team has its whole nodes; any team may borrow it."""
    left = {
        name: queued_nodes(kueue, pool) - sum(_team_nodes(team, kueue, pool) for team in kueue.teams.values())
        for name, pool in pools.items()
    }
    return _body("Cohort", COHORT, {"resourceGroups": _resource_groups(pools, left)})


def _cluster_queue(name: str, team: Team, kueue: Kueue, pools: Pools) -> Body:
    """Let a team borrow without limit, and take back its own at once.

    Within the team a job of higher priority preempts one of lower. Of another team only jobs on borrowed
    quota are preempted, those of the team that borrows most first: weight is the team's share.
    """
    nodes = {pool_name: _team_nodes(team, kueue, pool) for pool_name, pool in pools.items()}
    spec = {
        "cohortName": COHORT,
        "fairSharing": {"weight": str(team.share)},
        "flavorFungibility": {"whenCanBorrow": "MayStopSearch", "whenCanPreempt": "TryNextFlavor"},
        "namespaceSelector": namespace_selector(),
        "preemption": {
            "borrowWithinCohort": {"policy": "Never"},
            "reclaimWithinCohort": "Any",
            "withinClusterQueue": "LowerPriority",
        },
        "queueingStrategy": "BestEffortFIFO",
        "resourceGroups": _resource_groups(pools, nodes),
        "stopPolicy": "None",
    }
    return _body("ClusterQueue", name, spec)


def _resource_groups(pools: Pools, nodes: dict[str, int]) -> list[Body]:
    flavors = [_quota(name, pool, nodes[name]) for name, pool in pools.items()]
    return [{"coveredResources": list(RESOURCES), "flavors": flavors}]


def _quota(name: str, pool: NodePool, nodes: int) -> Body:
    amounts = quotas(nodes, pool.types, pool.accelerator, efa=pool.efa)
    return {
        "name": name,
        "resources": [{"name": resource, "nominalQuota": amounts[resource]} for resource in RESOURCES],
    }


def _local_queues(kueue: Kueue) -> Iterator[Body]:
    """Give each namespace the queue `default`, and a queue with the name of each team."""
    for namespace in QUEUE_NAMESPACES:
        for name, team in kueue.teams.items():
            if namespace in team.default_in:
                yield _local_queue(QUEUE, namespace, name)
            yield _local_queue(name, namespace, name)


def _local_queue(name: str, namespace: str, cluster_queue: str) -> Body:
    spec = {"clusterQueue": cluster_queue, "stopPolicy": "None"}
    return _body("LocalQueue", name, spec, namespace=namespace)


def _priorities() -> Iterator[Body]:
    """Rank jobs in a queue only: the pods get no priority from these."""
    for name, value in PRIORITIES.items():
        yield {
            "apiVersion": _API,
            "kind": "WorkloadPriorityClass",
            "metadata": {"name": name},
            "value": value,
        }


def _body(kind: str, name: str, spec: Body, **metadata: Any) -> Body:
    return {"apiVersion": _API, "kind": kind, "metadata": {"name": name} | metadata, "spec": spec}
