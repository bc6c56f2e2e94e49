"""The checked-in environments are within their budgets, and what has to run at once fits."""

from copy import deepcopy
from functools import cache

import pytest

from charts_src import config, state, workspace
from charts_src.model import Environment
from charts_src.objects import Identity
from charts_src.proofs.tree import Objects
from charts_src.review.cost.environment import EnvironmentCost, environment_cost
from charts_src.review.cost.notes import notes


@cache
def read(name: str) -> tuple[Objects, Environment]:
    return workspace.objects(name), config.load(name, state.ENVIRONMENTS)


def cost(name: str) -> EnvironmentCost:
    return environment_cost(*read(name))


@pytest.mark.parametrize("name", state.environment_names())
def test_an_environment_is_within_its_budget_and_all_fits(name: str) -> None:
    found = cost(name)
    assert found.over_budget == ()
    assert found.failures == ()
    assert read(name)[1].cost.budget.ceiling_per_hour
    assert read(name)[1].cost.budget.expected_per_hour


def test_prod_has_the_ceiling_of_its_pools() -> None:
    assert {pool.pool: round(pool.ceiling.per_hour, 2) for pool in cost("prod").pools} == {
        "batch": 14.84,
        "gpu": 53.81,
        "gpu-large": 5.67,
        "gpu-training": 220.16,
        "inferentia": 15.74,
        "system": 7.42,
        "system node group": 0.93,
        "trainium": 172.0,
        "trainium2": 343.86,
    }
    assert str(cost("prod").ceiling) == "$834.42/h"


def test_prod_is_expected_to_run_its_services_at_their_fewest() -> None:
    nodes = {pool.pool: pool.nodes for pool in cost("prod").pools if pool.nodes}
    # Two of Stable Diffusion on each kind of accelerator, two of the chat model.
    assert nodes["gpu"] == {"g6.2xlarge": 4}
    assert nodes["inferentia"] == {"inf2.8xlarge": 2}
    assert set(nodes) == {"gpu", "inferentia", "system", "system node group"}
    assert cost("prod").expected.per_hour < cost("prod").at_most.per_hour < cost("prod").ceiling.per_hour


def test_prod_says_what_a_training_costs_while_it_runs() -> None:
    jobs = {job.job: job for job in cost("prod").jobs}
    assert jobs["WorkflowTemplate training/llama2-pretraining"].nodes["trainium: trn1.32xlarge"] == 4
    assert jobs["a notebook, profile gpu"].nodes == {"gpu: g6.2xlarge": 1}


def test_a_training_of_prod_that_outgrows_its_pool_and_its_queue_is_found() -> None:
    objects, env = read("prod")
    job = Identity("argoproj.io", "WorkflowTemplate", "training", "llama2-pretraining")
    body = deepcopy(objects[job])
    train = next(each for each in body["spec"]["templates"] if "mpirun" in str(each) and "resource" in each)
    text = train["resource"]["manifest"]
    assert text.count("replicas: 4\n") == 1
    train["resource"]["manifest"] = text.replace("replicas: 4\n", "replicas: 9\n")
    found = environment_cost({**objects, job: body}, env).failures
    assert [each.message for each in found] == [
        "is one of 9 pods that start together, but 1 find no room in trainium beside what always runs; raise "
        "max_nodes or lower the workers",
        "9 pods together ask flavor trainium of ClusterQueue research for 144 of aws.amazon.com/neuron, of "
        "which it may have 128; 1080000m of cpu, of which it may have 1024000m; 72 of vpc.amazonaws.com/efa, "
        "of which it may have 64; raise max_nodes or lower the workers",
    ]


def test_staging_has_spot_as_a_range_with_its_date() -> None:
    gpu = next(pool for pool in cost("staging").pools if pool.pool == "gpu")
    assert (gpu.expected.range, f"{gpu.expected.per_hour:.2f}") == ("$0.72 to $0.82", "1.96")
    assert any("on 2025-05-28, from the lowest to the highest" in note for note in notes(read("staging")[1]))


def test_notes_of_prod_name_what_is_not_from_the_newer_table() -> None:
    assert (
        "The On-Demand price of trn2.48xlarge is one of us-east-2, 2025-05-28; "
        "github.com/cristim/ec2-instances-info v0.0.0-20250528091325-32acf84f42eb."
    ) in notes(read("prod")[1])
