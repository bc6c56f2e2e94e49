"""The AWS side: permissions of roles and resources that hold data."""

import json
from typing import Any

import pytest

from charts_src.review.gates.aws import gate
from charts_src.review.read import read_pairs
from charts_src.review.sides import Pair
from tests.review.gates.pairs import found, pair


def statement(*actions: str, resource: str = "arn:aws:s3:::data/*", **fields: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": list(actions), "Resource": [resource], **fields}


def stack(*statements: dict[str, Any], **resources: Any) -> str:
    """Give a stack with a role that has these statements, and further resources."""
    policy = {"Version": "2012-10-17", "Statement": list(statements)}
    named = {
        "Policy": {"Type": "AWS::IAM::ManagedPolicy", "Properties": {"PolicyDocument": policy}},
        "Role": {"Type": "AWS::IAM::Role", "Properties": {"ManagedPolicyArns": [{"Ref": "Policy"}]}},
    }
    return json.dumps({"AWSTemplateFormatVersion": "2010-09-09", "Resources": named | resources})


def stacks(old: str, new: str) -> Pair:
    empty = pair({}, {})
    return empty._replace(
        old=empty.old._replace(templates={"access.json": old}),
        new=empty.new._replace(templates={"access.json": new}),
    )


READ = statement("s3:GetObject")


@pytest.mark.parametrize(
    ("more", "words"),
    [
        (statement("s3:PutObject"), "s3:PutObject on arn:aws:s3:::data/*"),
        (statement("s3:GetObject", resource="*"), "s3:GetObject on *"),
        (statement("s3:*"), "s3:* on arn:aws:s3:::data/*"),
        (
            {"Effect": "Allow", "NotAction": ["iam:*"], "Resource": "*"},
            'all but those of NotAction on {"Effect": "Allow", "NotAction": ["iam:*"], "Resource": "*"}',
        ),
    ],
)
def test_says_what_a_role_may_do_only_afterwards(more: dict[str, Any], words: str) -> None:
    assert found(gate, stacks(stack(READ), stack(READ, more))) == [
        f"rbac: AWS::IAM::Role access/Role: allows {words}; take away what is not needed"
    ]
    assert found(gate, stacks(stack(READ, more), stack(READ))) == []


def test_a_condition_that_is_lost_widens() -> None:
    narrow = statement("s3:GetObject", Condition={"Bool": {"aws:SecureTransport": "true"}})
    assert found(gate, stacks(stack(narrow), stack(READ))) == [
        "rbac: AWS::IAM::Role access/Role: allows s3:GetObject on arn:aws:s3:::data/*; take away what "
        "is not needed"
    ]
    assert found(gate, stacks(stack(READ), stack(narrow))) == []


def test_other_words_for_the_same_or_less_widen_nothing() -> None:
    old = stack(statement("s3:Get*", "s3:PutObject"))
    assert found(gate, stacks(old, stack(statement("s3:PutObject"), statement("s3:GetObject")))) == []
    assert (
        found(gate, stacks(old, stack(statement("s3:GetObject", resource="arn:aws:s3:::data/one/*")))) == []
    )


def test_a_denial_that_is_lost_is_told() -> None:
    denial = statement("s3:DeleteObject") | {"Effect": "Deny"}
    old = stack(
        READ,
        Role={
            "Type": "AWS::IAM::Role",
            "Properties": {"Policies": [{"PolicyDocument": {"Statement": [denial]}}]},
        },
    )
    new = stack(READ, Role={"Type": "AWS::IAM::Role", "Properties": {}})
    assert found(gate, stacks(old, new)) == [
        "rbac: AWS::IAM::Role access/Role: no longer denies s3:DeleteObject on arn:aws:s3:::data/*; keep it"
    ]


def test_of_a_new_role_only_what_leads_to_more_is_told() -> None:
    nothing = json.dumps({"AWSTemplateFormatVersion": "2010-09-09", "Resources": {}})
    assert found(gate, stacks(nothing, stack(READ))) == []
    assert found(gate, stacks(nothing, stack(READ, statement("iam:PassRole", resource="*")))) == [
        "rbac: AWS::IAM::Role access/Role: allows iam:PassRole on *; take away what is not needed"
    ]


def test_whom_a_role_trusts_is_told() -> None:
    def trusting(**principal: str) -> str:
        document = {"Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": principal}]}
        return stack(Role={"Type": "AWS::IAM::Role", "Properties": {"AssumeRolePolicyDocument": document}})

    assert found(gate, stacks(trusting(Service="pods.eks.amazonaws.com"), trusting(AWS="111122223333"))) == [
        "rbac: AWS::IAM::Role access/Role: allows sts:AssumeRole for AWS 111122223333; take away what "
        "is not needed"
    ]


def test_who_is_given_a_role_is_told() -> None:
    def association(account: str) -> dict[str, Any]:
        properties = {"Namespace": "a", "RoleArn": {"Fn::GetAtt": ["Role", "Arn"]}, "ServiceAccount": account}
        return {"Type": "AWS::EKS::PodIdentityAssociation", "Properties": properties}

    old = stack(READ, One=association("one"))
    expected = [
        "rbac: AWS::IAM::Role access/Role: is given to ServiceAccount a/two; see that it needs all that "
        "the role may"
    ]
    assert found(gate, stacks(old, stack(READ, One=association("two")))) == expected
    assert found(gate, stacks(old, stack(READ, One=association("one"), Two=association("two")))) == expected
    assert found(gate, stacks(old, stack(READ, Other=association("one")))) == []


def test_a_managed_policy_of_aws_is_told() -> None:
    arn = "arn:aws:iam::aws:policy/AdministratorAccess"
    new = stack(
        READ, Role={"Type": "AWS::IAM::Role", "Properties": {"ManagedPolicyArns": [{"Ref": "Policy"}, arn]}}
    )
    assert found(gate, stacks(stack(READ), new)) == [
        f"rbac: AWS::IAM::Role access/Role: allows all of {arn}; take away what is not needed"
    ]


CLUSTER = """apiVersion: eksctl.io/v1alpha5
kind: ClusterConfig
metadata: {name: genai}
accessConfig:
  accessEntries:
  - principalARN: arn:aws:iam::111122223333:role/one
    accessPolicies: [{policyARN: 'arn:aws:eks::aws:cluster-access-policy/View', accessScope: {type: cluster}}]
secretsEncryption: {keyARN: 'arn:aws:kms:us-east-2:111122223333:alias/key'}
"""


def test_who_may_log_in_to_the_cluster_is_told() -> None:
    new = CLUSTER.replace("View", "Admin").replace("secretsEncryption", "other")
    new = new.replace(
        "  accessEntries:", "  accessEntries:\n  - {principalARN: two, kubernetesGroups: [team]}"
    )
    assert found(gate, pair({"aws/cluster.yaml": CLUSTER}, {"aws/cluster.yaml": new})) == [
        "rbac: ClusterConfig genai: accessConfig.accessEntries: gives arn:aws:iam::111122223333:role/one "
        'arn:aws:eks::aws:cluster-access-policy/Admin ({"type": "cluster"}) in the cluster; see that it '
        "needs it",
        "rbac: ClusterConfig genai: accessConfig.accessEntries: gives two group team in the cluster; "
        "see that it "
        "needs it",
        "rbac: ClusterConfig genai: secretsEncryption: is gone: Secrets are not encrypted by our key; "
        "keep it",
    ]
    assert found(gate, pair({"aws/cluster.yaml": new}, {"aws/cluster.yaml": new})) == []


def test_stacks_are_read_on_both_sides() -> None:
    (both,) = read_pairs(["dev"], "HEAD")
    for side in (both.old, both.new):
        assert "access.json" in side.templates
        assert any(file.startswith("iam/") for file in side.templates)
