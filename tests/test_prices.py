"""The tables of prices have what their sources have, and say what they don't know."""

import pytest

from charts_src.lib.instances import names
from charts_src.lib.prices import prices
from charts_src.lib.regional_prices import regional_prices
from tools import regional_prices as regional
from tools.on_demand_prices import table


def test_the_table_of_prices_has_what_its_source_has_and_no_more() -> None:
    assert prices().of("p5.48xlarge") == 55.04
    assert prices().date == "2026-07-20"
    assert prices().of("trn2.48xlarge") is None
    assert prices().of("p5e.48xlarge") is None
    unknown = {name for name in names() if prices().of(name) is None}
    assert {name.partition(".")[0] for name in unknown} == {"p5e", "trn2"}


def test_a_table_of_another_shape_is_refused() -> None:
    with pytest.raises(ValueError, match="expected prices of us-east-1"):
        table("package pricing\n")


def test_prices_of_another_region_are_told() -> None:
    assert "may differ" in prices().note("us-west-2")
    assert "may differ" not in prices().note("us-east-1")


def test_spot_is_a_range_of_a_region_on_a_day() -> None:
    assert regional_prices().date == "2025-05-28"
    assert regional_prices().spot("us-east-2", "g6.2xlarge") == (0.3608, 0.4095)
    assert regional_prices().spot("us-east-2", "trn2.48xlarge") is None
    assert regional_prices().spot("eu-central-9", "g6.2xlarge") is None


def test_the_older_table_has_on_demand_only_what_the_newer_one_lacks() -> None:
    assert regional_prices().on_demand_per_hour == {"us-east-2": {"trn2.48xlarge": 85.964}}
    assert regional_prices().on_demand("us-west-2", "trn2.48xlarge") is None


def test_every_range_is_one() -> None:
    ranges = [each for types in regional_prices().spot_per_hour.values() for each in types.values()]
    assert len(ranges) == 1491
    assert all(0 < low <= high for low, high in ranges)


def described(**linux: str) -> list[dict[str, object]]:
    return [
        {"instance_type": "g6.2xlarge", "pricing": {"us-east-2": {"linux": linux}}},
        {"instance_type": "a1.large", "pricing": {"us-east-2": {"linux": linux}}},
    ]


def test_the_derived_table_keeps_known_types_where_they_are_offered() -> None:
    found = regional.table(described(ondemand="0.9776", spot_min="0.36", spot_max="0.41"))
    assert found["spot_per_hour"] == {"us-east-2": {"g6.2xlarge": [0.36, 0.41]}}
    assert found["on_demand_per_hour"] == {}


def test_a_spot_price_that_is_no_range_is_refused() -> None:
    with pytest.raises(ValueError, match=r"0\.5 to 0\.4 is no range"):
        regional.table(described(spot_min="0.5", spot_max="0.4"))
