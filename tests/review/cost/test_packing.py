"""Pods come together on the nodes that Karpenter would launch, as far as a first fit can say."""

from collections import Counter
from typing import Any

from charts_src.objects import Body
from charts_src.proofs.pods import pods_of
from charts_src.review.cost.packing import Demand, Packing
from tests.review.cost.small import deployment, packer, pod, pool


def packed(*workloads: Body, nodes: list[Body], **sections: Any) -> Packing:
    made = packer(nodes, *workloads, **sections)
    demands = [Demand(each, each.copies) for body in workloads for each in pods_of(body)]
    return made.pack(demands, ())


def names(found: Packing) -> dict[str, int]:
    return Counter(f"{node.kind.pool} {node.kind.name} {node.ways[0]}" for node in found.nodes)


def left(found: Packing) -> list[tuple[str, int]]:
    return [(each.pod.owner.name, each.copies) for each in found.left]


def test_pods_share_a_node_and_the_last_node_is_as_small_as_can_be() -> None:
    nodes = pool("p", "m7i.xlarge", "m7i.2xlarge", nodes=4)
    found = packed(deployment("web", 9, pod("p", cpu="1")), nodes=nodes)
    # 7 pods of 1 CPU on the 7.91 of a m7i.2xlarge, 2 are left for a m7i.xlarge.
    assert names(found) == {"p m7i.2xlarge on-demand": 1, "p m7i.xlarge on-demand": 1}
    assert sorted(len(node.pods) for node in found.nodes) == [2, 7]


def test_daemons_are_on_every_node_first() -> None:
    daemon = deployment("agent", 1, pod("p", cpu="2")) | {"kind": "DaemonSet"}
    web = deployment("web", 2, pod("p", cpu="2"))
    made = packer(pool("p", "m7i.xlarge"), daemon, web)
    found = made.pack([Demand(each, each.copies) for each in pods_of(web)], ())
    assert found.nodes == ()
    assert left(found) == [("web", 2)]


def test_the_limits_of_a_pool_leave_pods_without_a_node() -> None:
    found = packed(deployment("web", 5, pod("p", cpu="3")), nodes=pool("p", "m7i.xlarge", nodes=3))
    assert names(found) == {"p m7i.xlarge on-demand": 3}
    assert left(found) == [("web", 2)]


def test_limits_on_cpu_count_too() -> None:
    nodes = pool("p", "m7i.xlarge", limits={"cpu": "9"})
    assert names(packed(deployment("web", 5, pod("p", cpu="3")), nodes=nodes)) == {
        "p m7i.xlarge on-demand": 2
    }


def test_the_pool_with_the_higher_weight_is_first_then_the_last_by_name() -> None:
    heavy = [*pool("a", "m7i.xlarge", weight=50, nodes=1), *pool("b", "m7i.xlarge", nodes=1)]
    light = [*heavy, *pool("c", "m7i.xlarge", nodes=1)]
    web = deployment("web", 3, pod("p", cpu="3"))
    del web["spec"]["template"]["spec"]["nodeSelector"]
    found = packed(web, nodes=light)
    assert [node.kind.pool for node in found.nodes] == ["a", "c", "b"]


def test_spot_and_on_demand_pods_are_not_on_one_node() -> None:
    driver = deployment("driver", 1, pod("p", selector={"karpenter.sh/capacity-type": "on-demand"}))
    executor = deployment("executor", 1, pod("p", selector={"karpenter.sh/capacity-type": "spot"}))
    found = packed(driver, executor, nodes=pool("p", "m7i.xlarge", ways=("spot", "on-demand")))
    assert names(found) == {"p m7i.xlarge on-demand": 1, "p m7i.xlarge spot": 1}


def test_copies_that_repel_each_other_are_alone() -> None:
    term = {"topologyKey": "kubernetes.io/hostname", "labelSelector": {"matchLabels": {"app": "main"}}}
    affinity = {"podAntiAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [term]}}
    found = packed(deployment("web", 3, pod("p", affinity=affinity)), nodes=pool("p", "m7i.xlarge"))
    assert names(found) == {"p m7i.xlarge on-demand": 3}


def test_what_has_accelerators_is_placed_first() -> None:
    nodes = pool("p", "g6.2xlarge", nodes=1)
    small = deployment("a-small", 1, pod("p", cpu="7"))
    model = deployment("model", 1, pod("p", cpu="6", wants={"nvidia.com/gpu": "1"}))
    found = packed(small, model, nodes=nodes)
    assert left(found) == [("a-small", 1)]


def test_a_type_without_a_price_is_taken_last() -> None:
    nodes = pool("p", "p5e.48xlarge", "p5.48xlarge")
    model = deployment("model", 1, pod("p", wants={"nvidia.com/gpu": "8"}))
    assert names(packed(model, nodes=nodes)) == {"p p5.48xlarge on-demand": 1}


def test_nodes_of_a_static_pool_are_there_without_pods_and_no_more_come() -> None:
    made = packer(pool("p", "m7i.xlarge", "m7a.xlarge", replicas=2))
    assert [node.kind.name for node in made.always()] == ["m7i.xlarge"] * 4
    assert Counter(node.kind.pool for node in made.always()) == {"p": 2, "system node group": 2}
    web = deployment("web", 3, pod("p", cpu="3"))
    found = made.pack([Demand(each, each.copies) for each in pods_of(web)], made.always())
    assert left(found) == [("web", 1)]
