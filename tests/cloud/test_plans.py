"""The plans: which steps, in which order, and that they touch nothing but their own cluster."""

import json
import re

import pytest
import yaml

from charts_src.cloud.files import files
from charts_src.cloud.teardown import WORKLOADS
from charts_src.steps import show
from charts_src.steps.plan import Plan, Step
from tests.cloud.sample import IDENTITIES, full, least


def plan(name: str, *, small: bool = False) -> Plan:
    text = files(least() if small else full(), IDENTITIES)[f"{name}.yaml"]
    return Plan.model_validate_json(json.dumps(yaml.safe_load(text)))


def step(of: Plan, name: str) -> Step:
    (found,) = (each for each in of.steps if each.name == name)
    return found


def test_a_cluster_is_made_in_this_order() -> None:
    assert [each.name for each in plan("bootstrap").steps] == [
        "account",
        "spot-role",
        "failed-stacks",
        "foundation",
        "foundation-update",
        "cluster-under-way",
        "cluster",
        "node-group",
        "add-ons",
        "kubeconfig",
        "access-entry-genai-node",
        "access-entry-platform-admin",
        "nodes",
        "network",
        "file-system",
        "access",
        "argocd-capability",
        "argocd-permissions",
        "argocd",
    ]


def test_an_environment_with_less_has_fewer_steps() -> None:
    names = [each.name for each in plan("bootstrap", small=True).steps]
    assert not {"spot-role", "file-system", "argocd-capability", "access-entry-platform-admin"} & set(names)
    assert not {"export", "file-system", "stack-argocd"} & {
        each.name for each in plan("teardown", small=True).steps
    }


def test_a_cluster_is_removed_in_this_order() -> None:
    assert [each.name for each in plan("teardown").steps] == [
        "account",
        "kubeconfig",
        "argocd-root",
        "argocd-applications",
        *(name.partition(".")[0] for name in WORKLOADS),
        "jobs",
        "notebooks",
        "load-balancers",
        "services",
        "volumes",
        "budgets",
        "node-pools",
        "ec2nodeclasses",
        "controllers",
        "stack-argocd",
        "stack-access",
        "export",
        "file-system",
        "stack-network",
        "left-load-balancers",
        "left-target-groups",
        "left-instances",
        "left-network-interfaces",
        "left-security-groups",
        "cluster",
        "key",
        "instance-profiles",
        "stack-foundation",
        "left-volumes",
        "left-launch-templates",
        "log-of-control-plane",
        "log-of-containers",
        "secrets",
    ]


def test_what_cleans_up_in_aws_lives_until_the_nodes_are_gone() -> None:
    steps = plan("teardown")
    ended = [command[-2] for command in step(steps, "services").run]
    later = [command[-2] for command in step(steps, "controllers").run]
    assert later == [
        "--namespace=aws-load-balancer-controller",
        "--namespace=csi-drivers",
        "--namespace=karpenter",
    ]
    assert "--namespace=kuberay-system" in ended
    assert not set(later) & set(ended)


def test_nodes_are_waited_for_in_the_cluster_and_in_aws() -> None:
    claims, instances = step(plan("teardown"), "node-pools").wait
    assert claims.run[2:] == ("get", "nodeclaims.karpenter.sh", "--output=name")
    assert instances.run == (
        "aws",
        "ec2",
        "describe-instances",
        "--filters",
        "Name=tag:eks:eks-cluster-name,Values=genai-dev",
        "Name=tag-key,Values=karpenter.sh/nodepool",
        "Name=instance-state-name,Values=pending,running,stopping,stopped",
        "--region",
        "us-west-2",
        "--query",
        "Reservations[].Instances[].InstanceId",
        "--output",
        "text",
    )
    assert (claims.prints, instances.prints) == ("", "")


def test_to_keep_data_everything_stays_that_holds_it() -> None:
    kept = [each.name for each in plan("teardown").steps if each.data]
    assert kept[:4] == ["volumes", "export", "file-system", "stack-network"]
    assert {"cluster", "key", "stack-foundation", "left-volumes", "secrets"} <= set(kept)
    assert not {"node-pools", "load-balancers", "rayservices"} & set(kept)


@pytest.mark.parametrize("name", ["bootstrap", "teardown"])
def test_every_command_says_region_or_cluster(name: str) -> None:
    found = plan(name)
    for command in found._commands():  # noqa: SLF001
        words = " ".join(command)
        if command[0] == "kubectl":
            assert command[1] == "--kubeconfig=.cache/kubeconfig-genai-dev", words
        elif command[0] == "aws":
            assert "--region us-west-2" in words, words
        else:
            assert "--config-file rendered/dev/aws/cluster.yaml" in words, words
    assert found.programs() == ["aws", "eksctl", "kubectl"]


def test_what_is_deleted_in_aws_is_found_by_what_names_the_cluster() -> None:
    for each in plan("teardown").steps:
        for command in each.run:
            if command[0] == "aws" and re.search("delete|terminate|remove|schedule", command[2]):
                source = " ".join(each.each or command)
                assert "genai-dev" in source or "genai-node" in source, each.name


def test_names_of_steps_are_unique() -> None:
    for name in ("bootstrap", "teardown"):
        names = [each.name for each in plan(name).steps]
        assert len(names) == len(set(names))


def test_a_wrong_file_system_is_said_with_what_to_write() -> None:
    found = step(plan("bootstrap"), "file-system")
    assert found.check is not None
    assert found.check.prints == "fs-0123456789abcdef1 example1"
    assert found.remedy == (
        "Write FileSystemId, MountName as they are printed into storage.fsx of environments/dev.yaml, then "
        "render, commit, push and run this again."
    )


def test_a_plan_is_shown_with_the_commands_as_a_shell_takes_them() -> None:
    text = show.text(plan("teardown"))
    assert text.startswith("teardown of genai-dev (environment dev): 40 steps\n\n 1 account: Work in account")
    assert (
        "\n    $ eksctl delete cluster --config-file rendered/dev/aws/cluster.yaml --wait --force "
        "--disable-nodegroup-eviction\n" in text
    )
    assert "\nNothing of this may be left:\n" in text
    assert "\nKept:\n    bucket with data: aws s3api list-buckets" in text
