"""The CloudFormation templates: what they make, and that a linter has nothing against them."""

import json
from typing import Any

import pytest

from charts_src import ROOT
from charts_src.cloud.access import role_name
from charts_src.cloud.files import files
from charts_src.errors import UserError
from charts_src.lib.iam import PodIdentity, statement
from tests.cloud.sample import ARGOCD, IDENTITIES, full, least, template

TAGS = [{"Key": "cluster", "Value": "genai-dev"}, {"Key": "environment", "Value": "dev"}]


def faults(text: str) -> list[str]:
    from cfnlint.api import ManualArgs, lint

    return [str(match) for match in lint(text, config=ManualArgs(regions=["us-west-2", "us-east-2"]))]


def test_the_linter_finds_nothing_in_any_template() -> None:
    found = files(full(), IDENTITIES)
    names = [f"{stack}.json" for stack in ("access", "argocd", "foundation", "network")]
    assert {name: faults(found[name]) for name in names} == {name: [] for name in names}


def test_the_linter_finds_a_property_and_a_value_that_do_not_exist() -> None:
    body = template(full(), "foundation.json")
    body["Resources"]["Key"]["Properties"]["KeyRotation"] = True
    body["Resources"]["InterruptionQueue"]["Properties"]["MessageRetentionPeriod"] = 1
    found = faults(json.dumps(body))
    assert len(found) == 2
    assert any("'KeyRotation' was unexpected" in line for line in found)
    assert any("1 is less than the minimum of 60" in line for line in found)


@pytest.mark.heavy
def test_the_linter_finds_nothing_in_what_is_rendered() -> None:
    paths = [
        path
        for path in sorted((ROOT / "rendered").glob("*/aws/*.json"))
        if path.name not in ("docker-bake.json", "terraform.tfvars.json")
    ]
    assert len(paths) >= 9
    assert {str(path): faults(path.read_text()) for path in paths} == {str(path): [] for path in paths}


def test_efa_nodes_share_a_group_whose_rules_name_itself_both_ways() -> None:
    resources = template(full(), "network.json")["Resources"]
    group = {"Fn::GetAtt": ["EfaSecurityGroup", "GroupId"]}
    rule = {"GroupId": group, "IpProtocol": "-1", "Description": "EFA between nodes"}
    assert resources["EfaSecurityGroup"] == {
        "Type": "AWS::EC2::SecurityGroup",
        "Properties": {
            "GroupDescription": "EFA traffic between nodes of genai-dev",
            "VpcId": {"Fn::ImportValue": "eksctl-genai-dev-cluster::VPC"},
            "Tags": [
                TAGS[0],
                {"Key": "efa", "Value": "true"},
                TAGS[1],
                {"Key": "karpenter.sh/discovery", "Value": "genai-dev"},
            ],
        },
    }
    assert resources["EfaIngress"]["Properties"] == rule | {"SourceSecurityGroupId": group}
    assert resources["EfaEgress"]["Properties"] == rule | {"DestinationSecurityGroupId": group}


def test_the_file_system_is_where_training_runs_and_linked_to_the_data_bucket() -> None:
    body = template(full(), "network.json")
    assert body["Parameters"]["FsxSubnet"]["Description"] == "Private subnet of the cluster in us-west-2b"
    assert body["Resources"]["FileSystem"] == {
        "Type": "AWS::FSx::FileSystem",
        "DeletionPolicy": "Retain",
        "UpdateReplacePolicy": "Retain",
        "Properties": {
            "FileSystemType": "LUSTRE",
            "FileSystemTypeVersion": "2.15",
            "StorageType": "SSD",
            "StorageCapacity": 1200,
            "SubnetIds": [{"Ref": "FsxSubnet"}],
            "SecurityGroupIds": [{"Fn::GetAtt": ["FsxSecurityGroup", "GroupId"]}],
            "LustreConfiguration": {
                "DeploymentType": "PERSISTENT_2",
                "PerUnitStorageThroughput": 250,
                "DataCompressionType": "LZ4",
            },
            "Tags": TAGS,
        },
    }
    association = body["Resources"]["DataAssociation"]["Properties"]
    assert (association["FileSystemPath"], association["DataRepositoryPath"]) == ("/data/", "s3://a-data/")
    assert sorted(body["Outputs"]) == ["FileSystemId", "MountName", "SecurityGroup", "Subnet"]


def test_what_an_environment_does_not_need_is_not_made() -> None:
    assert template(least(), "network.json")["Resources"] == {}
    foundation = template(least(), "foundation.json")["Resources"]
    assert not [name for name, each in foundation.items() if each["Type"].startswith("AWS::S3")]
    assert "argocd.json" not in files(least(), IDENTITIES)


def test_key_and_buckets_outlive_their_stack_and_nothing_else_does() -> None:
    resources = template(full(), "foundation.json")["Resources"]
    kept = {name for name, each in resources.items() if each.get("DeletionPolicy") == "Retain"}
    assert kept == {"Key", "DataBucket", "ModelsBucket", "ArtifactsBucket", "LogsBucket"}


def test_a_service_account_has_a_role_that_only_this_cluster_can_use() -> None:
    resources = template(full(), "access.json")["Resources"]
    role = resources["KarpenterKarpenterRole"]["Properties"]
    assert role["AssumeRolePolicyDocument"] == {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"Service": "pods.eks.amazonaws.com"},
                "Action": ["sts:AssumeRole", "sts:TagSession"],
                "Condition": {
                    "StringEquals": {"aws:SourceAccount": "111122223333"},
                    "ArnEquals": {"aws:SourceArn": "arn:aws:eks:us-west-2:111122223333:cluster/genai-dev"},
                },
            }
        ],
    }
    assert resources["KarpenterKarpenterAssociation"]["Properties"] == {
        "ClusterName": "genai-dev",
        "Namespace": "karpenter",
        "ServiceAccount": "karpenter",
        "RoleArn": {"Fn::GetAtt": ["KarpenterKarpenterRole", "Arn"]},
        "Tags": TAGS,
    }


def test_the_capability_lets_groups_of_identity_center_in() -> None:
    resources = template(full(), "argocd.json")["Resources"]
    assert resources["ArgoCd"]["Properties"] == {
        "CapabilityName": "argocd",
        "ClusterName": "genai-dev",
        "Type": "ARGOCD",
        "RoleArn": {"Fn::GetAtt": ["ArgoCdRole", "Arn"]},
        "DeletePropagationPolicy": "RETAIN",
        "Configuration": {
            "ArgoCd": {
                "Namespace": "argocd",
                "AwsIdc": {
                    "IdcInstanceArn": "arn:aws:sso:::instance/ssoins-1234567890abcdef",
                    "IdcRegion": "us-west-2",
                },
                "RbacRoleMappings": [
                    {
                        "Role": "ADMIN",
                        "Identities": [{"Id": "12345678-1234-1234-1234-123456789012", "Type": "SSO_GROUP"}],
                    }
                ],
            }
        },
        "Tags": TAGS,
    }


def capability_role_with(registry: str) -> Any:
    argocd = ARGOCD | {"charts": {"registry": registry, "version": "1.4.0"}}
    text = files(full(argocd=argocd), IDENTITIES)["argocd.json"]
    assert faults(text) == []
    return json.loads(text)["Resources"]["ArgoCdRole"]["Properties"]


def test_the_capability_may_pull_charts_from_ecr_and_do_nothing_else() -> None:
    role = capability_role_with("111122223333.dkr.ecr.us-west-2.amazonaws.com/genai/charts")
    charts = "arn:aws:ecr:us-west-2:111122223333:repository/genai/charts/*"
    assert role["Policies"] == [
        {
            "PolicyName": "charts",
            "PolicyDocument": {
                "Version": "2012-10-17",
                "Statement": [
                    {
                        "Sid": "Login",
                        "Effect": "Allow",
                        "Action": ["ecr:GetAuthorizationToken"],
                        "Resource": ["*"],
                    },
                    {
                        "Sid": "Pull",
                        "Effect": "Allow",
                        "Action": ["ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"],
                        "Resource": [charts],
                    },
                ],
            },
        }
    ]


def test_the_capability_may_do_nothing_in_aws_for_charts_from_elsewhere_or_without_charts() -> None:
    assert "Policies" not in capability_role_with("registry.example.com/charts")
    assert "Policies" not in template(full(), "argocd.json")["Resources"]["ArgoCdRole"]["Properties"]


def test_a_long_name_of_a_role_ends_in_a_hash_of_it() -> None:
    identity = PodIdentity("aws-load-balancer-controller", "aws-load-balancer-controller-a", {})
    other = identity._replace(service_account="aws-load-balancer-controller-b")
    assert role_name(full(), identity) == "genai-dev-aws-load-balancer-controller-aws-load-balance-105028a3"
    assert role_name(full(), identity) != role_name(full(), other)


def test_a_policy_too_long_for_iam_is_refused() -> None:
    long = [statement("All", [f"s3:Get{number}" for number in range(600)], ["*"])]
    with pytest.raises(UserError, match=r"policy all of jobs/job: has .* but IAM takes 6144; split it"):
        files(full(), [PodIdentity("jobs", "job", {"all": long})])


def many() -> tuple[PodIdentity, ...]:
    """Give so many permissions that their template has more than 51,200 bytes."""
    policy = {"all": [statement("All", [f"s3:Get{number}" for number in range(50)], ["*"])]}
    return tuple(PodIdentity("jobs", f"job-{number}", policy) for number in range(30))


def test_a_template_too_long_for_a_call_goes_by_way_of_a_bucket() -> None:
    words = '"--s3-bucket"\n    - a-artifacts'
    assert words.replace('"', "") in files(full(), many())["bootstrap.yaml"].replace('"', "")
    assert "s3-bucket" not in files(full(), IDENTITIES)["bootstrap.yaml"]
    with pytest.raises(UserError, match="write the section storage"):
        files(least(), many())


def test_a_cluster_of_terraform_gets_the_same_decisions() -> None:
    found: Any = template(full(), "terraform.tfvars.json")
    assert found["private_subnet_tags"] == {
        "karpenter.sh/discovery": "genai-dev",
        "kubernetes.io/role/internal-elb": "1",
    }
    assert found["pod_identities"] == [
        {
            "namespace": "karpenter",
            "service_account": "karpenter",
            "role_name": "genai-dev-karpenter-karpenter",
            "policy_files": ["iam/karpenter.karpenter.discovery.json"],
        }
    ]
    assert found["pod_identities"][0]["policy_files"][0] in files(full(), IDENTITIES)
