"""The section of the review says it all, and is an alarm when something is wrong."""

import json
from typing import Any

from charts_src.objects import Body
from charts_src.review.cost import costs, section
from charts_src.review.page import Bullets, Folded, Table, Text
from charts_src.review.sides import Side
from tests.review.cost.small import deployment, mpi_job, pair, pod, pool, side, system

BUDGET = {"cost": {"budget": {"ceiling_per_hour": 100}}}


def trainium(nodes: int) -> list[Body]:
    return [*system(), *pool("trainium", "trn1.32xlarge", ways=("reserved", "on-demand"), nodes=nodes)]


def changed(before: int, after: int, *more: Body, **sections: Any) -> Any:
    return section([pair(side(*trainium(before)), side(*trainium(after), *more, **sections))])


def test_four_more_nodes_are_said_with_their_price() -> None:
    found = changed(2, 6)
    assert (found.title, found.alarm) == ("Capacity and cost", False)
    assert found.blocks[:2] == (
        Table(
            (
                *("environment", "ceiling $/h", "ceiling a month", "ceiling budget $/h"),
                *("expected $/h", "expected a month", "expected budget $/h", "at most $/h"),
            ),
            (("dev", "$130.33", "$95,141", "none", "$0.40", "$294", "none", "$0.40"),),
            (1, 2, 3, 4, 5, 6, 7),
        ),
        Table(
            ("environment", "pool", "change", "ceiling", "a month", "expected"),
            (("dev", "trainium", "+4 trn1.32xlarge", "+$86.00/h", "$62,780", "+$0.00/h"),),
            (3, 4, 5),
        ),
    )


def test_an_exceeded_budget_is_an_alarm() -> None:
    found = changed(2, 6, **BUDGET)
    assert found.alarm
    assert found.blocks[0] == Bullets(
        (
            "environments/dev.yaml: cost.budget.ceiling_per_hour: $130.33/h is above $100.00/h; lower "
            "max_nodes, or raise the budget",
        )
    )
    assert Text("dev: cost.budget.ceiling_per_hour: none -> $100.00.") in found.blocks


def test_a_budget_of_what_always_runs_is_checked_too() -> None:
    web = deployment("web", 2, pod("system", cpu="3"))
    found = changed(1, 1, web, cost={"budget": {"expected_per_hour": 0.5}})
    assert found.blocks[0] == Bullets(
        (
            "environments/dev.yaml: cost.budget.expected_per_hour: $0.81/h is above $0.50/h; lower the "
            "copies of services, or raise the budget",
        )
    )


def test_within_the_budget_there_is_no_alarm() -> None:
    assert not changed(2, 4, **BUDGET).alarm


def test_an_unknown_price_is_said_beside_the_sum() -> None:
    found = section([pair(side(), side(*pool("p", "p5e.48xlarge", ways=("reserved",), nodes=4)))])
    table = found.blocks[0]
    assert isinstance(table, Table)
    assert table.rows[0][1] == "$0.93 and the unknown price of 4 x p5e.48xlarge"


def test_a_gang_without_room_is_an_alarm() -> None:
    job = mpi_job(3, pod("trainium", wants={"aws.amazon.com/neuron": "16"}))
    found = changed(3, 2, job)
    assert found.alarm
    assert found.blocks[0] == Bullets(
        (
            "dev: MPIJob lab/train: spec.mpiReplicaSpecs.Worker.template.spec: is one of 3 pods that start "
            "together, but 1 find no room in trainium beside what always runs; raise max_nodes or lower the "
            "workers",
        )
    )


def test_details_have_pools_jobs_and_where_prices_are_from() -> None:
    job = mpi_job(2, pod("trainium", wants={"aws.amazon.com/neuron": "16"}))
    (details,) = [block for block in changed(2, 2, job).blocks if isinstance(block, Folded)]
    assert details.summary == "dev: node pools, jobs and prices"
    pools, jobs, notes = details.blocks
    assert isinstance(pools, Table)
    assert pools.rows[-1] == (
        *("trainium", "trn1.32xlarge", "reserved, on-demand", "2"),
        *("$43.00", "by contract", "$31,390", "none", "$0.00", "by contract", "$0.00"),
    )
    assert isinstance(jobs, Table)
    assert jobs.rows == (
        ("MPIJob lab/train", "1 x system: m7i.xlarge, 2 x trainium: trn1.32xlarge", "$43.20", "$43.20"),
    )
    assert isinstance(notes, Bullets)
    assert notes.lines[0] == (
        "On-Demand prices of us-east-1, Linux, 2026-07-20; github.com/aws/karpenter-provider-aws v1.15.1. "
        "The nodes are in us-west-2, where prices may differ."
    )


def test_a_base_that_can_not_be_read_is_said() -> None:
    found = section([pair(Side(None, {}, {}), side())])
    assert Text("dev: the base has no such environment, or none that this model can read.") in found.blocks


def test_an_environment_that_goes_is_said() -> None:
    found = section([pair(side(*trainium(2)), Side(None, {}, {}))])
    assert Text("dev is removed: ceiling -$44.33/h.") in found.blocks


def test_the_numbers_are_data_that_json_can_write() -> None:
    found = costs([pair(side(*trainium(1)), side(*trainium(2)))])
    assert json.loads(json.dumps(found))[0][0] == "dev"
