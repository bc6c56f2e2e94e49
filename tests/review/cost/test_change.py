"""What a pull request makes of the cost, in words and dollars."""

from typing import Any

import pytest

from charts_src.objects import Body
from charts_src.review.cost import costs
from charts_src.review.cost.change import PoolChange
from charts_src.review.sides import Side
from tests.review.cost.small import deployment, pair, pod, pool, side

TRN1: dict[str, Any] = {"ways": ("reserved", "on-demand")}


def changes(old: list[Body], new: list[Body]) -> list[PoolChange]:
    (found,) = costs([pair(side(*old), side(*new))])
    return [
        each._replace(ceiling=round(each.ceiling, 4), expected=round(each.expected, 4))
        for each in found.changes
    ]


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (
            pool("t", "trn1.32xlarge", nodes=8),
            pool("t", "trn1.32xlarge", nodes=12),
            PoolChange("t", "+4 trn1.32xlarge", 86.0, 0.0, ""),
        ),
        (
            pool("t", "trn1.32xlarge", nodes=8),
            pool("t", "trn1.32xlarge", nodes=7),
            PoolChange("t", "-1 trn1.32xlarge", -21.5, 0.0, ""),
        ),
        ([], pool("t", "g6.2xlarge", nodes=2), PoolChange("t", "+2 g6.2xlarge, new", 1.9552, 0.0, "")),
        (pool("t", "g6.2xlarge", nodes=2), [], PoolChange("t", "-2 g6.2xlarge, removed", -1.9552, 0.0, "")),
        (
            pool("t", "g6.2xlarge", nodes=2),
            pool("t", "g5.2xlarge", "g6.2xlarge", nodes=2),
            PoolChange("t", "types: g6.2xlarge -> g5.2xlarge, g6.2xlarge", 0.4688, 0.0, ""),
        ),
        (
            pool("t", "g6.2xlarge", nodes=2),
            pool("t", "g6.2xlarge", nodes=2, ways=("spot", "on-demand")),
            PoolChange("t", "bought: on-demand -> spot, on-demand", 0.0, 0.0, ""),
        ),
        (
            pool("t", "p5e.48xlarge", nodes=1),
            pool("t", "p5e.48xlarge", nodes=3),
            PoolChange("t", "+2 p5e.48xlarge", 0.0, 0.0, " and the unknown price of 3 x p5e.48xlarge"),
        ),
        (
            pool("t", "m7i.xlarge", nodes=2),
            pool("t", "m7i.xlarge", limits={}),
            PoolChange(
                "t", "has no limit any more", -0.4032, 0.0, " and the unknown price of any number of t nodes"
            ),
        ),
    ],
)
def test_a_change_of_a_pool_is_a_change_of_its_ceiling(
    old: list[Body], new: list[Body], expected: PoolChange
) -> None:
    assert changes(old, new) == [expected]


def test_more_copies_of_a_service_are_expected_to_cost_more() -> None:
    nodes = pool("p", "m7i.xlarge")
    old, new = ([*nodes, deployment("web", count, pod("p", cpu="3"))] for count in (1, 3))
    assert changes(old, new) == [PoolChange("p", "always running: +2 m7i.xlarge", 0.0, 0.4032, "")]


def test_what_stays_is_no_change() -> None:
    assert changes(pool("p", "m7i.xlarge"), pool("p", "m7i.xlarge")) == []


def test_a_base_that_can_not_be_read_has_no_cost() -> None:
    (found,) = costs([pair(Side(None, {}, {}), side(*pool("p", "m7i.xlarge")))])
    assert found.old is None
    assert found.changes == ()
    assert found.new
    assert found.new.ceiling.per_hour == pytest.approx(4 * 0.2016 + 4 * 0.23184)


def test_a_budget_that_is_raised_is_said() -> None:
    old, new = (side(cost={"budget": {"ceiling_per_hour": each}}) for each in (850, 1200.5))
    (found,) = costs([pair(old, new)])
    assert found.budget == ("cost.budget.ceiling_per_hour: $850.00 -> $1,200.50",)
    (found,) = costs([pair(new, side())])
    assert found.budget == ("cost.budget.ceiling_per_hour: $1,200.50 -> none",)
