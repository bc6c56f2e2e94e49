"""Evictions hurt nobody, and get to an end."""

from typing import Any

import pytest

from charts_src.objects import Body, Identity
from charts_src.proofs.disruption import KEEP, allowance, broken, seconds
from charts_src.proofs.nodes import Node, Pool
from charts_src.proofs.pods import Pod
from tests.objects import thing

LABELS = {"app": "web"}
NODE = Node(Pool("general", {"nodes": 9}), "m7i.xlarge", {}, (), {"cpu": 4000, "memory": 9000, "pods": 50})


def web(copies: int = 2, *, gang: bool = False, kept: bool = False, **spec: Any) -> Pod:
    annotations = {KEEP: "true"} if kept else {}
    owner = Identity("apps", "Deployment", "shop", "web")
    body = {"containers": [{"name": "web"}], **spec}
    return Pod(owner, "spec", "shop", LABELS, body, copies, gang=gang, annotations=annotations)


def budget(name: str = "web", labels: dict[str, str] | None = None, **spec: Any) -> Body:
    chosen = {"selector": {"matchLabels": LABELS if labels is None else labels}}
    return thing("policy/PodDisruptionBudget", name, "shop", spec=chosen | spec)


def problems(*bodies: Body, pods: list[Pod], nodes: list[Node] | None = None) -> list[str]:
    return [str(each) for each in broken({Identity.of(body): body for body in bodies}, pods, nodes or [])]


@pytest.mark.parametrize("spec", [{"maxUnavailable": 1}, {"minAvailable": 1}, {"maxUnavailable": "50%"}])
def test_two_copies_of_which_one_may_go_are_fine(spec: Body) -> None:
    assert problems(budget(**spec), pods=[web()]) == []


def test_a_single_copy_may_have_a_budget_that_lets_it_go() -> None:
    assert problems(budget(maxUnavailable=1), pods=[web(1)]) == []


@pytest.mark.parametrize("spec", [{"maxUnavailable": 0}, {"minAvailable": 2}, {"minAvailable": "100%"}])
def test_a_budget_that_no_drain_gets_past_is_found(spec: Body) -> None:
    assert problems(budget(**spec), pods=[web()]) == [
        "PodDisruptionBudget shop/web: lets none of 2 pods be evicted: no node with one is ever drained; "
        "allow 1"
    ]


@pytest.mark.parametrize("spec", [{"maxUnavailable": 2}, {"minAvailable": 0}, {"maxUnavailable": "100%"}])
def test_a_budget_that_guards_nothing_is_found(spec: Body) -> None:
    assert problems(budget(**spec), pods=[web()]) == [
        "PodDisruptionBudget shop/web: lets all 2 pods be evicted at one time, which guards nothing; allow 1"
    ]


@pytest.mark.parametrize("spec", [{}, {"minAvailable": 1, "maxUnavailable": 1}])
def test_a_budget_that_says_nothing_or_two_things_is_found(spec: Body) -> None:
    assert problems(budget(**spec), pods=[web()]) == [
        "PodDisruptionBudget shop/web: must have one of minAvailable and maxUnavailable"
    ]


def test_several_copies_without_a_budget_are_found() -> None:
    assert problems(pods=[web(3)]) == [
        "Deployment shop/web: spec: has 3 copies and no PodDisruptionBudget: a drain may evict all of them; "
        "add one"
    ]


def test_a_pod_with_two_budgets_is_found() -> None:
    assert problems(budget(maxUnavailable=1), budget("other", maxUnavailable=1), pods=[web()]) == [
        "Deployment shop/web: spec: is guarded by other and web: the API refuses to evict it; keep one"
    ]


def test_a_gang_that_karpenter_may_break_is_found() -> None:
    guard = budget(maxUnavailable=1)
    assert problems(guard, pods=[web(gang=True, kept=True)]) == []
    assert problems(guard, pods=[web(gang=True)]) == [
        "Deployment shop/web: spec: belongs to a gang, which its eviction ends; annotate it with "
        f"{KEEP}: true"
    ]


def test_a_pod_that_sleeps_through_its_time_to_stop_is_found() -> None:
    sleeping = [{"name": "web", "lifecycle": {"preStop": {"sleep": {"seconds": 40}}}}]
    long = web(containers=sleeping, terminationGracePeriodSeconds=60)
    assert problems(budget(maxUnavailable=1), pods=[long]) == []
    assert problems(budget(maxUnavailable=1), pods=[web(containers=sleeping)]) == [
        "Deployment shop/web: spec: containers[0] sleeps 40 s before it stops and has 30 s to stop; "
        "give it more"
    ]


@pytest.mark.parametrize(("time", "found"), [("1m", 0), ("1m30s", 0), ("20s", 1)])
def test_a_pool_that_ends_pods_before_their_time_is_found(time: str, found: int) -> None:
    template = {"spec": {"terminationGracePeriod": time}}
    pool = thing("karpenter.sh/NodePool", "general", spec={"template": template})
    pod = web(terminationGracePeriodSeconds=60)
    failures = problems(pool, budget(maxUnavailable=1), pods=[pod], nodes=[NODE])
    assert (
        failures
        == [
            f"NodePool general: ends pods after {time}, Deployment shop/web: spec needs 60 s; "
            "raise terminationGracePeriod"
        ][:found]
    )


def test_percentages_are_rounded_up() -> None:
    assert allowance({"maxUnavailable": "34%"}, 3) == 2
    assert allowance({"minAvailable": "34%"}, 3) == 1


def test_durations_are_read_as_go_writes_them() -> None:
    assert [seconds(text) for text in ("90s", "1h30m", "24h")] == [90, 5400, 86400]
