"""A node costs what the environment says, else what the tables say, else nobody knows."""

import pytest

from charts_src.model.cost import OwnPrices, SpotRange
from charts_src.review.cost.amounts import Amount, dollars, monthly, signed, total
from charts_src.review.cost.rates import Rates

TABLES = Rates("us-east-2", None)
OWN = Rates(
    "us-east-2",
    OwnPrices(
        date="2026-11-01",
        on_demand={"g6.2xlarge": 1.25},
        spot={"g6.2xlarge": SpotRange(low=0.25, high=0.5)},
        reserved={"p5.48xlarge": 31.5},
    ),
)


@pytest.mark.parametrize(
    ("rates", "instance_type", "ways", "expected"),
    [
        (TABLES, "g6.2xlarge", ("on-demand",), Amount(0.9776, 0.9776, 0.9776)),
        (TABLES, "g6.2xlarge", ("spot", "on-demand"), Amount(0.9776, 0.3608, 0.4095)),
        (OWN, "g6.2xlarge", ("spot",), Amount(1.25, 0.25, 0.5)),
        (TABLES, "p5.48xlarge", ("reserved",), Amount(55.04, 55.04, 55.04)),
        (OWN, "p5.48xlarge", ("reserved",), Amount(31.5, 31.5, 31.5)),
        (OWN, "p5.48xlarge", ("reserved", "on-demand"), Amount(55.04, 31.5, 31.5)),
        (TABLES, "trn2.48xlarge", ("reserved",), Amount(85.964, 85.964, 85.964)),
        (TABLES, "p5e.48xlarge", ("reserved",), Amount(unknown=("1 x p5e.48xlarge",))),
    ],
)
def test_a_node_has_its_price(
    rates: Rates, instance_type: str, ways: tuple[str, ...], expected: Amount
) -> None:
    assert rates.node(instance_type, ways) == expected


def test_spot_without_a_price_counts_as_on_demand() -> None:
    assert TABLES.spot("trn2.48xlarge") is None
    assert TABLES.node("trn2.48xlarge", ("spot",)) == Amount(85.964, 85.964, 85.964)


def test_spot_is_never_dearer_than_on_demand() -> None:
    dear = OwnPrices(date="2026-11-01", spot={"g6.2xlarge": SpotRange(low=0.5, high=9.0)})
    assert Rates("us-east-2", dear).node("g6.2xlarge", ("spot",)) == Amount(0.9776, 0.5, 0.9776)


def test_the_price_of_one_region_is_not_that_of_another() -> None:
    assert Rates("us-west-2", None).node("trn2.48xlarge", ("on-demand",)).unknown == ("1 x trn2.48xlarge",)


def test_a_sum_says_what_it_does_not_know() -> None:
    known, unknown = Amount(2.5, 1.0, 2.0), Amount(unknown=("4 x p5e.48xlarge",))
    assert str(total([known, known])) == "$5.00/h"
    assert str(total([known, unknown])) == "$2.50/h and the unknown price of 4 x p5e.48xlarge"
    assert total([known, unknown]).range == "$1.00 to $2.00"


def test_dollars_are_written_for_people() -> None:
    assert (dollars(1234.5), monthly(2.0), signed(86.0), signed(-0.5)) == (
        "$1,234.50",
        "$1,460",
        "+$86.00",
        "-$0.50",
    )
