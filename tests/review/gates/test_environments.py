"""The environments as they are: nothing stops a pull request that changes nothing, mistakes do."""

from collections.abc import Callable
from typing import Any

import pytest
import yaml

from charts_src import state, workspace
from charts_src.model import Environment
from charts_src.publish import Files
from charts_src.review.gates import findings
from charts_src.review.read import pair_of

Sides = dict[str, tuple[Environment, Files]]


@pytest.fixture(scope="module")
def sides() -> Sides:
    names = state.environment_names()
    return {
        name: (env, workspace.checked_in(name)) for name, env in workspace.read_environments(names).items()
    }


def after(sides: Sides, name: str, file: str, change: Callable[[Any], object] | None) -> list[str]:
    """Give what the gates find when one file of an environment is changed, or removed."""
    env, files = sides[name]
    new = dict(files)
    if change:
        body = yaml.safe_load(files[file])
        change(body)
        new[file] = yaml.safe_dump(body)
    else:
        del new[file]
    return [str(each) for each in findings(pair_of(name, (env, files), (env, new)))]


@pytest.mark.parametrize("name", state.environment_names())
def test_an_environment_that_stays_as_it_is_has_no_findings(sides: Sides, name: str) -> None:
    assert findings(pair_of(name, sides[name], sides[name])) == []


@pytest.mark.heavy
def test_a_new_environment_is_compared_with_nothing(sides: Sides) -> None:
    assert findings(pair_of("dev", (sides["dev"][0], {}), sides["dev"])) == []


def test_gangs_are_not_to_run_on_spot(sides: Sides) -> None:
    def spot(body: Any) -> None:
        body["spec"]["template"]["spec"]["requirements"][1]["values"].append("spot")

    remedy = (
        "take spot out of the pool's capacity, or write interruptible: true if every job in it "
        "resumes from checkpoints"
    )
    path = "WorkflowTemplate training/llama2-pretraining: spec.templates[name={}].resource.manifest: spec"
    assert after(sides, "prod", "node-pools/nodepool-trainium.yaml", spot) == [
        f"gangs: {path.format(step)}.mpiReplicaSpecs.Worker.template.spec: may land on Spot nodes of "
        f"trainium, and one "
        f"that goes stops all {copies}; {remedy}"
        for step, copies in (
            ("start-check-network", 4),
            ("start-precompile", 4),
            ("start-train", 4),
            ("start-evaluate", 1),
        )
    ]


def test_a_pool_that_names_no_capacity_may_be_spot(sides: Sides) -> None:
    def nothing(body: Any) -> None:
        del body["spec"]["template"]["spec"]["requirements"][1]

    assert len(after(sides, "prod", "node-pools/nodepool-trainium.yaml", nothing)) == 4


def test_a_pool_that_is_declared_interruptible_may_be_spot(sides: Sides) -> None:
    env, files = sides["staging"]
    assert "spot" in files["node-pools/nodepool-gpu-training.yaml"]
    assert env.karpenter.node_pools["gpu-training"].interruptible
    assert findings(pair_of("staging", (env, files), (env, files))) == []


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            lambda body: body["spec"]["disruption"].update(
                consolidationPolicy="WhenEmptyOrUnderutilized", budgets=[]
            ),
            [
                "spec.disruption: lets Karpenter take nodes of training for being Drifted; give that a "
                "budget of 0",
                "spec.disruption: lets Karpenter take nodes of training for being Underutilized; give "
                "that a budget "
                "of 0",
            ],
        ),
        (
            lambda body: body["spec"]["disruption"]["budgets"].pop(0),
            [
                "spec.disruption: lets Karpenter take nodes of training for being Drifted; give that a "
                "budget of 0"
            ],
        ),
        (
            lambda body: body["spec"]["template"]["spec"].update(expireAfter="720h"),
            ["spec.template.spec.expireAfter: ends nodes of training whatever runs there; write Never"],
        ),
    ],
    ids=["policy", "budget", "expiry"],
)
def test_nodes_of_training_are_left_alone(
    sides: Sides, change: Callable[[Any], object], message: list[str]
) -> None:
    found = after(sides, "prod", "node-pools/nodepool-trainium.yaml", change)
    assert found == [f"consolidation: NodePool trainium: {each}" for each in message]


def test_pods_that_would_lose_their_work_are_protected(sides: Sides) -> None:
    def unprotect(body: Any) -> None:
        for group in body["spec"]["workerGroupSpecs"]:
            del group["template"]["metadata"]["annotations"]

    path = "consolidation: RayCluster ray/shared: spec.workerGroupSpecs[groupName={}].template"
    gone = 'metadata.annotations["karpenter.sh/do-not-disrupt"]: is gone: Karpenter may move the pod'
    moved = "spec: may be moved by Karpenter off nodes of {}; annotate it karpenter.sh/do-not-disrupt: 'true'"
    found = after(sides, "prod", "ray-cluster/raycluster-shared.yaml", unprotect)
    assert found[2:] == [
        f"{path.format('cpu')}.{moved.format('system (Drifted, Underutilized)')}",
        f"{path.format('gpu')}.{moved.format('gpu (Drifted)')}",
    ]
    assert [gone.partition(":")[2] in each for each in found[:2]] == [True, True]


def test_a_driver_of_spark_is_protected(sides: Sides) -> None:
    def unprotect(body: Any) -> None:
        del body["spec"]["template"]["driver"]["template"]["metadata"]["annotations"]

    file = "spark-text-pipeline/scheduledsparkapplication-text-pipeline.yaml"
    assert after(sides, "prod", file, unprotect)[-1] == (
        "consolidation: ScheduledSparkApplication spark-jobs/text-pipeline: spec.template.driver.spec: "
        "may be "
        "moved by Karpenter off nodes of batch (Drifted); annotate it karpenter.sh/do-not-disrupt: 'true'"
    )


def test_an_object_of_another_shape_stops_the_gates_that_read_it(sides: Sides) -> None:
    def misshape(body: Any) -> None:
        body["spec"]["template"]["spec"]["requirements"] = None

    found = after(sides, "prod", "node-pools/nodepool-trainium.yaml", misshape)
    assert [each.partition(": can't")[0] for each in found] == [
        "gangs: Environment prod",
        "consolidation: Environment prod",
    ]


def test_a_template_of_another_shape_is_a_finding_and_no_crash(sides: Sides) -> None:
    found = after(
        sides,
        "prod",
        "kuberay-operator/deployment-kuberay-operator.yaml",
        lambda b: b["spec"].pop("template"),
    )
    assert "privileges: Environment prod" in [each.partition(": can't")[0] for each in found]


def test_an_image_bump_stops_nothing(sides: Sides) -> None:
    def bump(body: Any) -> None:
        container = body["spec"]["template"]["spec"]["containers"][0]
        container["image"] = container["image"].replace(":", ":9", 1)

    assert after(sides, "prod", "kuberay-operator/deployment-kuberay-operator.yaml", bump) == []


def test_what_is_removed_from_a_real_environment_is_told(sides: Sides) -> None:
    assert after(sides, "prod", "namespaces/namespace-kuberay-system.yaml", None) == [
        "deletion: Namespace kuberay-system: removed: Argo CD keeps it (Prune=false), and nothing "
        "corrects it any "
        "more; when a person deletes it, everything in it is deleted with it, what is not in Git too"
    ]
