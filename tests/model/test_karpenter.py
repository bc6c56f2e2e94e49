import json
from typing import Any

import pytest

from charts_src.model.base import all_problems
from charts_src.model.karpenter import Karpenter, check
from charts_src.model.node_pool import NodePool
from charts_src.model.platform import Aws, SystemNodes, check_system_nodes

GPU = {"purpose": "inference", "instance_types": ["g5.2xlarge"], "max_nodes": 2}
TRAINIUM = {
    "purpose": "training",
    "instance_types": ["trn1.32xlarge"],
    "max_nodes": 4,
    "zones": ["us-west-2b"],
    "efa": True,
}
OREGON = Aws(account="111122223333", region="us-west-2", zones=("us-west-2a", "us-west-2b", "us-west-2c"))


def pool(kind: dict[str, Any], **changes: Any) -> NodePool:
    return NodePool.model_validate_json(json.dumps(kind | changes))


def found(kind: dict[str, Any], **changes: Any) -> list[tuple[tuple[str | int, ...], str]]:
    return [(problem.where, problem.message) for problem in all_problems(pool(kind, **changes))]


def unserved(kind: dict[str, Any], **changes: Any) -> list[tuple[tuple[str | int, ...], str]]:
    karpenter = Karpenter(node_role="nodes", node_pools={"pool": pool(kind, **changes)})
    return [(problem.where, problem.message) for problem in check(karpenter, OREGON)]


@pytest.mark.parametrize("kind", [GPU, TRAINIUM])
def test_a_sound_pool_has_no_problems(kind: dict[str, Any]) -> None:
    assert found(kind) == []
    assert unserved(kind) == []


def test_a_misspelt_instance_type_is_corrected() -> None:
    assert found(GPU, instance_types=["g5.2xlarge", "p5.48xlarg"]) == [
        (
            ("instance_types", 1),
            "p5.48xlarg is not a known instance type; did you mean p5.48xlarge?",
        )
    ]


def test_an_instance_type_like_no_other_is_refused() -> None:
    assert found(GPU, instance_types=["quantum"]) == [
        (
            ("instance_types", 0),
            "quantum is not a known instance type; add its family to tools/instance_types.py",
        )
    ]


def test_an_unknown_instance_type_does_not_break_the_check_against_aws() -> None:
    assert unserved(GPU, instance_types=["quantum"], zones=["us-west-2a"]) == []


def test_two_accelerators_in_one_pool_are_refused() -> None:
    assert found(GPU, instance_types=["g5.2xlarge", "inf2.xlarge"]) == [
        (
            ("instance_types", 1),
            "inf2.xlarge has accelerator inferentia, g5.2xlarge has nvidia; give each kind its own pool",
        )
    ]


def test_efa_on_an_instance_type_without_it_is_refused() -> None:
    assert found(TRAINIUM, instance_types=["trn1.2xlarge"]) == [
        (("instance_types", 0), "trn1.2xlarge has no EFA interface; remove it, or set efa: false")
    ]


def test_different_numbers_of_efa_interfaces_in_one_pool_are_refused() -> None:
    assert found(TRAINIUM, instance_types=["trn1.32xlarge", "trn1n.32xlarge"]) == [
        (
            ("instance_types", 1),
            "trn1n.32xlarge has 16 EFA interfaces, trn1.32xlarge has 8; give each count its own pool",
        )
    ]


def test_cpu_nodes_are_for_the_system_only() -> None:
    assert found(GPU, instance_types=["m7i.large"]) == [
        (("purpose",), "is inference, but the nodes have no accelerator; write system or batch")
    ]


def test_nodes_with_accelerators_are_not_for_the_system() -> None:
    assert found(GPU, purpose="system") == [
        (("purpose",), "is system, but the nodes have accelerators; write inference or training")
    ]


def test_reserved_capacity_needs_a_reservation() -> None:
    assert found(TRAINIUM, capacity=["reserved", "on-demand"]) == [
        (("capacity",), "has reserved, but no reservation is named; set reservation")
    ]


def test_a_reservation_needs_reserved_capacity() -> None:
    assert found(TRAINIUM, reservation={"ids": ["cr-0123456789abcdef0"]}) == [
        (("reservation",), "is never used; add reserved to capacity, or remove it")
    ]


@pytest.mark.parametrize("reservation", [{}, {"ids": ["cr-0"], "tags": {"pool": "training"}}])
def test_a_reservation_is_found_by_ids_or_by_tags(reservation: dict[str, Any]) -> None:
    assert found(TRAINIUM, capacity=["reserved"], reservation=reservation) == [
        (("reservation",), "needs exactly one way to find reservations; set either ids or tags")
    ]


def test_training_on_spot_is_refused() -> None:
    assert found(TRAINIUM, capacity=["on-demand", "spot"]) == [
        (
            ("capacity", 1),
            "one reclaimed Spot node stops the whole training job; remove spot, or set interruptible: true "
            "if every job resumes from checkpoints",
        )
    ]


def test_training_on_spot_is_accepted_from_jobs_that_resume() -> None:
    assert found(TRAINIUM, capacity=["spot"], interruptible=True) == []


@pytest.mark.parametrize(
    ("field", "values"),
    [
        ("instance_types", ["g5.xlarge", "g5.xlarge"]),
        ("capacity", ["spot", "spot"]),
        ("zones", ["us-west-2a", "us-west-2a"]),
    ],
)
def test_a_value_named_twice_is_refused(field: str, values: list[str]) -> None:
    assert found(GPU, **{field: values}) == [((field, 1), f"{values[0]} is named twice; name it once")]


def test_a_pool_without_nodes_is_refused() -> None:
    with pytest.raises(ValueError, match="greater than or equal to 1"):
        pool(GPU, max_nodes=0)


def test_a_zone_outside_the_cluster_is_refused() -> None:
    assert unserved(GPU, zones=["us-west-2a", "us-west-2d"], instance_types=["g6.xlarge"]) == [
        (
            ("karpenter", "node_pools", "pool", "zones", 1),
            "us-west-2d is not in aws.zones; write one of us-west-2a, us-west-2b, us-west-2c",
        )
    ]


def test_efa_in_several_zones_is_refused() -> None:
    assert unserved(TRAINIUM, zones=None) == [
        (
            ("karpenter", "node_pools", "pool"),
            "has efa in 3 zones, but EFA traffic stays within one; set zones to one of "
            "us-west-2a, us-west-2b, us-west-2c",
        )
    ]


def test_an_instance_type_of_another_region_is_refused() -> None:
    assert unserved(TRAINIUM, instance_types=["trn2.48xlarge", "trn1.32xlarge"]) == [
        (
            ("karpenter", "node_pools", "pool", "instance_types", 0),
            "trn2.48xlarge is not offered in us-west-2; these regions have it: ap-south-2, us-east-2",
        )
    ]


def test_an_instance_type_of_another_zone_is_refused() -> None:
    assert unserved(TRAINIUM, zones=["us-west-2a"]) == [
        (
            ("karpenter", "node_pools", "pool", "instance_types", 0),
            "trn1.32xlarge is not offered in us-west-2a; us-west-2 has it in us-west-2b, us-west-2d",
        ),
        (
            ("karpenter", "node_pools", "pool", "zones", 0),
            "us-west-2a offers none of the instance types; remove it",
        ),
    ]


def test_a_pool_knows_its_accelerator() -> None:
    assert pool(GPU).accelerator == "nvidia"
    assert pool(TRAINIUM).accelerator == "trainium"


def test_a_static_pool_has_no_more_nodes_than_allowed_and_no_weight() -> None:
    assert found(GPU, replicas=2) == []
    assert found(GPU, replicas=3, weight=20) == [
        (("replicas",), "is more than max_nodes 2; raise max_nodes"),
        (("weight",), "means nothing with replicas, as no pod makes nodes here; remove it"),
    ]


@pytest.mark.parametrize("kind", ["default", "capacity-block"])
def test_a_type_of_reservation_rules_out_other_purchases(kind: str) -> None:
    reservation = {"tags": {"team": "research"}, "type": kind}
    assert found(TRAINIUM, capacity=["reserved"], reservation=reservation) == []
    assert found(TRAINIUM, capacity=["reserved", "on-demand"], reservation=reservation) == [
        (
            ("reservation", "type"),
            "rules out all that is not reserved; write capacity: [reserved], or remove type",
        )
    ]


def test_huge_pages_fit_in_what_karpenter_leaves_to_the_hypervisor() -> None:
    assert found(TRAINIUM, huge_pages_gib=20) == []
    assert found(TRAINIUM, huge_pages_gib=21) == [
        (("huge_pages_gib",), "is more than 4% of the memory of a node; write 20 or less, or remove it")
    ]


def test_a_small_node_has_no_room_for_huge_pages() -> None:
    assert found(GPU, instance_types=["g5.xlarge"], huge_pages_gib=1) == [
        (("huge_pages_gib",), "is more than 4% of the memory of a node; remove it")
    ]


def test_cpus_are_not_pinned_beside_neuron_devices() -> None:
    assert found(GPU, cpu_pinning=True) == []
    assert found(TRAINIUM, cpu_pinning=True) == [
        (("cpu_pinning",), "would keep Neuron devices that are neighbours apart; remove it from this pool")
    ]


def test_a_dedicated_pool_has_whole_accelerators() -> None:
    assert found(GPU, dedicated=True) == []
    shared = {"mode": "time-slicing", "replicas": 2}
    assert found(GPU, dedicated=True, gpu_sharing=shared) == [
        (("dedicated",), "shuts out the pods that ask for shares of GPUs; remove it")
    ]
    system = {"purpose": "system", "instance_types": ["m7i.large"], "max_nodes": 1, "dedicated": True}
    assert found(system) == [(("dedicated",), "is for pools with accelerators; remove it")]


def test_the_nodes_of_the_cluster_are_offered_where_it_is() -> None:
    far = Aws(account="111122223333", region="ap-south-2", zones=("ap-south-2a",))
    nodes = SystemNodes(instance_types=("m7i.xlarge", "m7a.xlarge"))
    assert list(check_system_nodes(nodes, OREGON)) == []
    assert list(check_system_nodes(nodes, far)) == [
        (
            ("cluster", "system_nodes", "instance_types", 1),
            "m7a.xlarge is not offered in ap-south-2a; name another type",
        )
    ]
