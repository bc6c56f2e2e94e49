"""A pool costs at most what its limits allow of its dearest type."""

import pytest

from charts_src.objects import Body
from charts_src.review.cost.amounts import Amount
from charts_src.review.cost.pools import PoolCost
from tests.review.cost.small import cost, pool


def cost_of(bodies: list[Body], region: str = "us-west-2") -> PoolCost:
    aws = {"account": "111122223333", "region": region, "zones": [f"{region}a"]}
    return next(each for each in cost(bodies, aws=aws).pools if each.pool == "p")


def test_all_nodes_may_be_of_the_dearest_type() -> None:
    found = cost_of(pool("p", "m7i.xlarge", "m7a.2xlarge", nodes=10))
    assert found.instance_types == ("m7a.2xlarge", "m7i.xlarge")
    assert found.max_nodes == 10
    assert found.ceiling.per_hour == pytest.approx(4.6368)
    assert found.ceiling.low == pytest.approx(2.016)
    assert found.ceiling.high == pytest.approx(4.6368)


def test_another_limit_may_be_tighter_than_the_number_of_nodes() -> None:
    found = cost_of(pool("p", "m7i.xlarge", "m7a.2xlarge", limits={"nodes": "10", "cpu": "16"}))
    assert found.max_nodes == 4
    # 16 CPUs, of which those of m7a cost 0.05796 $/h each.
    assert found.ceiling.per_hour == pytest.approx(16 * 0.05796)


def test_spot_is_a_range_below_the_ceiling() -> None:
    found = cost_of(pool("p", "g5.2xlarge", "g6.2xlarge", ways=("spot", "on-demand"), nodes=2))
    assert found.ways == ("spot", "on-demand")
    assert found.ceiling == Amount(2 * 1.212, 2 * 0.4177, 2 * 0.4693)


def test_a_type_without_a_price_is_not_free() -> None:
    found = cost_of(pool("p", "p5.48xlarge", "p5e.48xlarge", nodes=2))
    assert found.ceiling.per_hour == pytest.approx(110.08)
    assert found.ceiling.unknown == ("2 x p5e.48xlarge",)
    assert str(found.ceiling) == "$110.08/h and the unknown price of 2 x p5e.48xlarge"
    assert found.instance_types == ("p5e.48xlarge", "p5.48xlarge")


def test_reserved_nodes_cost_what_the_contract_says() -> None:
    assert cost_of(pool("p", "p5.48xlarge", ways=("reserved",))).by_contract
    assert not cost_of(pool("p", "p5.48xlarge")).by_contract
    prices = {"date": "2026-11-01", "reserved": {"p5.48xlarge": 30}}
    found = cost(pool("p", "p5.48xlarge", ways=("reserved",), nodes=2), cost={"prices": prices}).pools[0]
    assert (found.ceiling.per_hour, found.by_contract) == (60.0, False)


def test_a_pool_without_limits_is_a_failure() -> None:
    found = cost(pool("p", "m7i.xlarge", limits={}))
    assert found.pools[0].max_nodes is None
    assert found.ceiling.unknown == ("any number of p nodes",)
    assert [str(each) for each in found.failures] == [
        "NodePool p: has no limit, so nothing bounds its cost; set limits.nodes"
    ]


def test_the_managed_node_group_counts_with_its_most_nodes() -> None:
    group = next(each for each in cost().pools if each.pool == "system node group")
    assert (group.max_nodes, group.instance_types) == (4, ("m7a.xlarge", "m7i.xlarge"))
    assert group.ceiling.per_hour == pytest.approx(0.92736)
    assert group.nodes == {"m7i.xlarge": 2}
