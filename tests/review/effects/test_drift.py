"""Which nodes Karpenter replaces."""

from typing import Any

import pytest

from charts_src.objects import Body
from charts_src.review.effects.drift import pace
from charts_src.review.effects.restarts import restarts
from tests.review.effects.pairs import body, pair

TYPES = "node.kubernetes.io/instance-type"


def pool(*types: str, operator: str = "In", template: Body | None = None, **spec: Any) -> Body:
    requirements = [{"key": TYPES, "operator": operator, "values": list(types or ("m7i.large", "m7a.large"))}]
    reference = {"group": "karpenter.k8s.aws", "kind": "EC2NodeClass", "name": "batch"}
    node: Body = {"nodeClassRef": reference, "requirements": requirements, "expireAfter": "168h"}
    node |= template or {}
    made = body("karpenter.sh/v1", "NodePool", {"template": {"metadata": {}, "spec": node}, **spec})
    made["metadata"] = {"name": "batch"}
    return made


def node_class(**spec: Any) -> Body:
    made = body("karpenter.k8s.aws/v1", "EC2NodeClass", {"role": "node", **spec})
    made["metadata"] = {"name": "batch"}
    return made


def outcome(old: list[Body], new: list[Body]) -> tuple[str, str]:
    (found,) = restarts(pair(old, new))
    return found.when, found.how


NO_DRIFT = ("never", "no node drifts: weight, limits, disruption and wider requirements never do that")
ALL = ("nodes", "all its nodes drift (NodePoolDrifted): batch: at most 10% of its nodes at a time")
SOME = (
    "nodes",
    "its nodes that no longer meet the requirements drift (RequirementsDrifted): batch: at most 10% of its "
    "nodes at a time",
)


@pytest.mark.parametrize(
    "template",
    [
        {"taints": [{"key": "a", "effect": "NoSchedule"}]},
        {"startupTaints": [{"key": "a", "effect": "NoSchedule"}]},
        {"expireAfter": "24h"},
        {"terminationGracePeriod": "1h"},
        {"nodeClassRef": {"group": "karpenter.k8s.aws", "kind": "EC2NodeClass", "name": "other"}},
    ],
    ids=lambda template: next(iter(template)),
)
def test_a_node_pools_template_replaces_all_its_nodes(template: Body) -> None:
    assert outcome([pool()], [pool(template=template)]) == ALL


def test_labels_of_nodes_replace_them() -> None:
    labelled = pool()
    labelled["spec"]["template"]["metadata"] = {"labels": {"a": "b"}}
    assert outcome([pool()], [labelled]) == ALL


@pytest.mark.parametrize(
    "spec",
    [{"weight": 10}, {"limits": {"cpu": "9"}}, {"disruption": {"consolidateAfter": "1m"}}],
    ids=lambda spec: next(iter(spec)),
)
def test_how_a_node_pool_behaves_replaces_no_node(spec: Body) -> None:
    assert outcome([pool()], [pool(**spec)]) == NO_DRIFT


def test_more_instance_types_replace_no_node() -> None:
    assert outcome([pool("a", "b")], [pool("a", "b", "c")]) == NO_DRIFT


def test_fewer_instance_types_replace_nodes_of_those() -> None:
    assert outcome([pool("a", "b")], [pool("a")]) == SOME


def test_more_exclusions_replace_nodes() -> None:
    assert outcome([pool("a", operator="NotIn")], [pool("a", "b", operator="NotIn")]) == SOME


def test_another_operator_replaces_nodes() -> None:
    assert outcome([pool("a")], [pool("a", operator="NotIn")]) == SOME


def test_another_requirement_replaces_nodes() -> None:
    more = pool()
    more["spec"]["template"]["spec"]["requirements"].append({"key": "a", "operator": "Exists"})
    assert outcome([pool()], [more]) == SOME


def test_a_least_number_of_types_replaces_no_node() -> None:
    more = pool()
    more["spec"]["template"]["spec"]["requirements"][0]["minValues"] = 2
    assert outcome([pool()], [more]) == NO_DRIFT


def test_another_order_replaces_no_node() -> None:
    taints = [{"key": "a", "effect": "NoSchedule"}, {"key": "b", "effect": "NoSchedule"}]
    old, new = (pool(template={"taints": each}) for each in (taints, taints[::-1]))
    assert outcome([old], [new])[0] == "never"


def test_a_budget_of_zero_keeps_all_nodes() -> None:
    held = {"budgets": [{"nodes": "0", "reasons": ["Drifted"]}]}
    old, new = (pool(disruption=held, template={"expireAfter": age}) for age in ("1h", "2h"))
    assert outcome([old], [new]) == (
        "later",
        "all its nodes drift (NodePoolDrifted): batch: not as long as its disruption budget is 0",
    )


def test_nodes_of_a_pool_that_goes_end() -> None:
    assert outcome([pool()], []) == ("nodes", "it goes: its nodes drain and end")


@pytest.mark.parametrize(
    ("budgets", "text"),
    [
        ([{"nodes": "20%"}], "at most 20% of its nodes at a time"),
        (
            [{"nodes": "1", "reasons": ["Drifted"]}, {"nodes": "100%", "reasons": ["Empty"]}],
            "at most 1 of its nodes at a time",
        ),
        ([{"nodes": "0", "reasons": ["Drifted"]}], "not as long as its disruption budget is 0"),
        ([{"nodes": "100%", "reasons": ["Empty"]}], "all at a time"),
        (
            [{"nodes": "0", "schedule": "0 9 * * mon-fri", "duration": "8h"}],
            "0 during 8h from 0 9 * * mon-fri (UTC)",
        ),
    ],
)
def test_budgets_say_how_fast_nodes_are_replaced(budgets: list[Body], text: str) -> None:
    assert pace(pool(disruption={"budgets": budgets})) == text


@pytest.mark.parametrize(
    "spec",
    [
        {"userData": "a"},
        {"role": "other"},
        {"blockDeviceMappings": [{"deviceName": "/dev/xvda"}]},
        {"instanceStorePolicy": "RAID0"},
        {"metadataOptions": {"httpTokens": "required"}},
        {"kubelet": {"maxPods": 10}},
        {"tags": {"a": "b"}},
    ],
    ids=lambda spec: next(iter(spec)),
)
def test_what_a_node_class_makes_nodes_of_replaces_all_of_them(spec: Body) -> None:
    found = outcome([node_class(), pool()], [node_class(**spec), pool()])
    assert found == (
        "nodes",
        "all its nodes drift (NodeClassDrift): batch: at most 10% of its nodes at a time",
    )


@pytest.mark.parametrize(
    ("spec", "which"),
    [
        ({"amiSelectorTerms": [{"alias": "al2023@v2"}]}, "whose AMI it no longer selects"),
        ({"subnetSelectorTerms": [{"id": "subnet-1"}]}, "in subnets that it no longer selects"),
        ({"securityGroupSelectorTerms": [{"id": "sg-1"}]}, "whose security groups are others"),
        ({"capacityReservationSelectorTerms": [{"id": "cr-1"}]}, "in reservations that it no longer selects"),
    ],
)
def test_what_a_node_class_selects_replaces_nodes_of_the_rest(spec: Body, which: str) -> None:
    found = outcome([node_class(), pool()], [node_class(**spec), pool()])
    assert found == ("nodes", f"nodes {which} drift: batch: at most 10% of its nodes at a time")


def test_prefixes_of_addresses_are_for_new_nodes() -> None:
    found = outcome([node_class(), pool()], [node_class(ipPrefixCount=1), pool()])
    assert found == ("never", "no node drifts: only new nodes have it")


def test_a_node_class_without_a_pool_replaces_nothing() -> None:
    found = outcome([node_class()], [node_class(userData="a")])
    assert found == ("never", "no pool names it")
