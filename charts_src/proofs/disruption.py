"""The disruption contract: who may be evicted, how many at one time, and how long that takes.

A node is drained for an update, by consolidation or before a Spot interruption. Sources: "Specifying a
Disruption Budget for your Application" of Kubernetes; "Disruption" of karpenter-provider-aws v1.15.1
(terminationGracePeriod of a NodePool ends pods that are still there, do-not-disrupt or not).
"""

from collections.abc import Iterator, Sequence
from math import ceil

from charts_src.objects import Body, Identity, all_containers
from charts_src.proofs.fitting import obstacles
from charts_src.proofs.nodes import Node
from charts_src.proofs.pods import Pod
from charts_src.proofs.selectors import selected_by
from charts_src.proofs.tree import Failure, Objects

KEEP = "karpenter.sh/do-not-disrupt"
"""Annotation of pods that Karpenter leaves where they are."""

_SERVING = ("Alertmanager", "Deployment", "Prometheus", "StatefulSet")
"""Kinds whose pods serve others for as long as they are there."""

_GRACE_SECONDS = 30
"""What a pod has that says nothing (core/v1)."""


def broken(objects: Objects, pods: Sequence[Pod], nodes: Sequence[Node]) -> list[Failure]:
    """Find whatever an eviction would hurt, and what no eviction would ever get past, sorted."""
    budgets = [body for body in objects.values() if body["kind"] == "PodDisruptionBudget"]
    found = [failure for budget in budgets for failure in _budget(budget, pods)]
    for pod in pods:
        guards = [each for each in budgets if _guards(each, pod)]
        found += [Failure(str(pod), problem) for problem in _guarded(pod, guards)]
        found += [Failure(str(pod), problem) for problem in (*_gang(pod), *_stopping(pod))]
    return sorted({*found, *_too_short(objects, pods, nodes)})


def _budget(budget: Body, pods: Sequence[Pod]) -> Iterator[Failure]:
    name, spec = str(Identity.of(budget)), budget["spec"]
    if not spec.get("selector"):
        yield Failure(name, "selects no pods; add a selector")
    if ("minAvailable" in spec) == ("maxUnavailable" in spec):
        yield Failure(name, "must have one of minAvailable and maxUnavailable")
        return
    copies = sum(pod.copies for pod in pods if _guards(budget, pod) and not pod.daemon)
    if not copies:
        return
    allowed = allowance(spec, copies)
    if allowed < 1:
        yield Failure(
            name, f"lets none of {copies} pods be evicted: no node with one is ever drained; allow 1"
        )
    elif allowed >= copies > 1 or allowed > copies:
        yield Failure(name, f"lets all {copies} pods be evicted at one time, which guards nothing; allow 1")


def allowance(spec: Body, copies: int) -> int:
    """Give how many of the healthy copies a budget lets go at one time; percentages are rounded up."""
    if "maxUnavailable" in spec:
        return _number(spec["maxUnavailable"], copies)
    return copies - _number(spec["minAvailable"], copies)


def _number(value: int | str, copies: int) -> int:
    return ceil(int(value.rstrip("%")) * copies / 100) if isinstance(value, str) else value


def _guards(budget: Body, pod: Pod) -> bool:
    labels = budget["spec"].get("selector", {}).get("matchLabels", {})
    return bool(labels and selected_by(labels, budget["metadata"].get("namespace", ""), [pod]))


def _guarded(pod: Pod, guards: list[Body]) -> Iterator[str]:
    if pod.owner.kind in _SERVING and pod.copies > 1 and not guards:
        yield f"has {pod.copies} copies and no PodDisruptionBudget: a drain may evict all of them; add one"
    if len(guards) > 1:
        names = " and ".join(sorted(each["metadata"]["name"] for each in guards))
        yield f"is guarded by {names}: the API refuses to evict it; keep one"


def _gang(pod: Pod) -> Iterator[str]:
    if pod.gang and pod.annotations.get(KEEP) != "true":
        yield f"belongs to a gang, which its eviction ends; annotate it with {KEEP}: true"


def _stopping(pod: Pod) -> Iterator[str]:
    """Whatever runs before the program is told to stop counts against the same time."""
    grace = pod.spec.get("terminationGracePeriodSeconds", _GRACE_SECONDS)
    for path, container in all_containers(pod.spec):
        sleep = container.get("lifecycle", {}).get("preStop", {}).get("sleep", {}).get("seconds", 0)
        if sleep and sleep >= grace:
            yield f"{path} sleeps {sleep} s before it stops and has {grace} s to stop; give it more"


def _too_short(objects: Objects, pods: Sequence[Pod], nodes: Sequence[Node]) -> Iterator[Failure]:
    """A node pool that ends pods after a time has to leave each of them its own."""
    limits = {
        body["metadata"]["name"]: body["spec"]["template"]["spec"].get("terminationGracePeriod")
        for body in objects.values()
        if body["kind"] == "NodePool"
    }
    for node in nodes:
        if not (text := limits.get(node.pool.name)):
            continue
        for pod in pods:
            grace = pod.spec.get("terminationGracePeriodSeconds", _GRACE_SECONDS)
            if grace > seconds(text) and not any(obstacles(pod.spec, node, {})):
                remedy = "raise terminationGracePeriod"
                yield Failure(
                    f"NodePool {node.pool.name}", f"ends pods after {text}, {pod} needs {grace} s; {remedy}"
                )


def seconds(duration: str) -> int:
    """Read a duration as Go writes it in NodePools: 1h30m, 90s."""
    factors = {"h": 3600, "m": 60, "s": 1}
    total, number = 0, ""
    for letter in duration:
        if letter.isdigit():
            number += letter
        else:
            total, number = total + int(number or 0) * factors[letter], ""
    return total
