"""Quotas: a gang that asks for more than its queue may ever have waits for ever, without an error.

A queue may have its own quota and what its cohort lends it (apis/kueue/v1beta2/clusterqueue_types.go of
sigs.k8s.io/kueue v0.19.2). Each set of equal pods is in one flavor, whose labels it selects as far as flavors
have labels at all (pkg/scheduler/flavorassigner).
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from charts_src.objects import Body
from charts_src.proofs.fitting import counted, requests, shown
from charts_src.proofs.nodes import Amounts
from charts_src.proofs.pods import Pod
from charts_src.proofs.tree import Failure, Objects
from charts_src.review.cost.gangs import gangs


class Flavor(NamedTuple):
    """What one ClusterQueue may use of one flavor at most."""

    name: str
    labels: dict[str, str]
    most: Amounts


def gangs_over_quota(objects: Objects, pods: Iterable[Pod]) -> Iterator[Failure]:
    """Find every gang in a queue that could not have all of its pods even if nothing else ran."""
    for gang in gangs(pods):
        queue = _cluster_queue(objects, gang[0])
        if queue is not None:
            yield from _over(gang, queue, _flavors(objects, queue))


def _over(gang: Sequence[Pod], queue: Body, flavors: Sequence[Flavor]) -> Iterator[Failure]:
    taken: dict[str, Counter[str]] = {flavor.name: Counter() for flavor in flavors}
    for pod in gang:
        able = [flavor for flavor in flavors if _matches(pod, flavor, flavors)]
        wanted = {key: value * pod.copies for key, value in requests(pod.spec).items()}
        short = {flavor.name: _short(flavor, taken[flavor.name], wanted) for flavor in able}
        home = next((name for name, missing in short.items() if not missing), None)
        if home is None:
            yield Failure(str(pod), _message(pod, queue["metadata"]["name"], short))
        else:
            taken[home].update(wanted)


def _short(flavor: Flavor, taken: Counter[str], wanted: Amounts) -> list[str]:
    """Say what a flavor has too little of; resources that no quota counts are not asked for."""
    free = {key: most - taken[key] for key, most in flavor.most.items()}
    return [
        f"{shown(key, value)} of {key}, of which it may have {shown(key, free[key])}"
        for key, value in sorted(wanted.items())
        if key in free and value > free[key]
    ]


def _message(pod: Pod, queue: str, short: dict[str, list[str]]) -> str:
    if not short:
        return (
            f"has no flavor in the quota of ClusterQueue {queue}, so it never starts; give its pool a share"
        )
    name = min(short, key=lambda each: (len(short[each]), each))
    return (
        f"{pod.copies} pods together ask flavor {name} of ClusterQueue {queue} for {'; '.join(short[name])}; "
        "raise max_nodes or lower the workers"
    )


def _matches(pod: Pod, flavor: Flavor, flavors: Sequence[Flavor]) -> bool:
    """Compare the labels that a pod selects, as far as flavors know them."""
    known = {key for each in flavors for key in each.labels}
    wanted = {key: value for key, value in pod.spec.get("nodeSelector", {}).items() if key in known}
    return wanted.items() <= flavor.labels.items()


def _cluster_queue(objects: Objects, pod: Pod) -> Body | None:
    """Find the ClusterQueue that a job waits in; None for a job without a queue."""
    local = next((each for each in _all(objects, "LocalQueue") if _is_queue_of(each, pod)), None)
    if local is None:
        return None
    name = local["spec"]["clusterQueue"]
    return next((each for each in _all(objects, "ClusterQueue") if each["metadata"]["name"] == name), None)


def _is_queue_of(local: Body, pod: Pod) -> bool:
    metadata = local["metadata"]
    return bool(metadata["name"] == pod.queue and metadata["namespace"] == pod.namespace)


def _flavors(objects: Objects, queue: Body) -> list[Flavor]:
    """Give the flavors of a queue, with its own quota and what others of its cohort may lend it."""
    labels = {
        each["metadata"]["name"]: each["spec"].get("nodeLabels", {})
        for each in _all(objects, "ResourceFlavor")
    }
    lent = _lent(objects, queue)
    return [
        Flavor(
            flavor["name"],
            labels.get(flavor["name"], {}),
            {
                each["name"]: _most(each, lent.get((flavor["name"], each["name"]), 0))
                for each in flavor["resources"]
            },
        )
        for flavor in _quotas(queue)
    ]


def _most(resource: Body, lent: int) -> int:
    own = counted(resource["name"], resource["nominalQuota"])
    limit = resource.get("borrowingLimit")
    return own + (lent if limit is None else min(lent, counted(resource["name"], limit)))


def _lent(objects: Objects, queue: Body) -> Counter[tuple[str, str]]:
    """Add up what the cohort of a queue has beside the queue's quota: its own, and that of other queues."""
    cohort = queue["spec"].get("cohortName")
    lenders = [each for each in _all(objects, "Cohort") if each["metadata"]["name"] == cohort] + [
        each
        for each in _all(objects, "ClusterQueue")
        if cohort and each["spec"].get("cohortName") == cohort and each is not queue
    ]
    found: Counter[tuple[str, str]] = Counter()
    for lender in lenders:
        for flavor in _quotas(lender):
            for each in flavor["resources"]:
                lent = each.get("lendingLimit", each["nominalQuota"])
                found[flavor["name"], each["name"]] += counted(each["name"], lent)
    return found


def _quotas(holder: Body) -> Iterator[Body]:
    for group in holder["spec"].get("resourceGroups", ()):
        yield from group["flavors"]


def _all(objects: Objects, kind: str) -> list[Body]:
    return [body for body in objects.values() if body["kind"] == kind]
