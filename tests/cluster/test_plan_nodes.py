"""What `make plan-nodes` prints of dev, which has too few accelerators for all workloads at their largest."""

import json
import subprocess
import sys
from collections import Counter
from typing import Any

import pytest

from charts_src import ROOT


@pytest.fixture(scope="module")
def plan() -> Any:
    command = [sys.executable, "-m", "tools.cluster.plan_nodes", "dev", "--json"]
    ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300, check=False)
    assert ran.returncode == 0, ran.stderr
    return json.loads(ran.stdout)


def test_names_the_nodes_and_what_each_would_cost(plan: Any) -> None:
    found = Counter(
        (node["pool"], node["instance_type"], node["capacity_type"], node["on_demand_per_hour"])
        for node in plan["nodes"]
        if node["pool"]
        not in ("system", "batch")  # of those Karpenter may take more small ones, or fewer large
    )
    assert found == {
        ("gpu", "g6.2xlarge", "spot", 0.9776): 3,
        ("inferentia", "inf2.xlarge", "spot", 0.7582): 1,
        ("trainium", "trn1.2xlarge", "spot", 1.34375): 1,
    }
    total = sum(node["on_demand_per_hour"] for node in plan["nodes"])
    assert plan["on_demand_per_hour"] == pytest.approx(total)
    assert plan["unknown_prices"] == []


def test_only_accelerators_are_waited_for(plan: Any) -> None:
    """Five pods want one of three GPUs, a job and a notebook the one Trainium node."""
    waiting = Counter(
        (pool, each["reason"]) for each in plan["waiting"] for pool in each["pools"] * each["pods"]
    )
    assert Counter(pool for pool, _ in waiting.elements()) == {"gpu": 2, "trainium": 1}
    for pool, reason in waiting:
        assert reason in (
            f"all available instance types exceed limits for nodepool (NodePool={pool})",
            f"node limits have been exhausted for nodepool (NodePool={pool})",
        )


def test_tells_what_the_prices_are_worth(plan: Any) -> None:
    assert plan["prices"] == {
        "currency": "USD",
        "region": "us-east-1",
        "date": "2026-07-20",
        "source": "github.com/aws/karpenter-provider-aws v1.15.1",
    }
    spot, waits, source = plan["notes"]
    assert spot.startswith("spot is a model:")
    assert waits.startswith("all workloads are here at their largest at once.")
    assert source.endswith("The nodes are in us-west-2, where prices may differ")
