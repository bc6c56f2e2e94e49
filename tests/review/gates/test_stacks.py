"""Stacks: resources that hold data stay in them, and are retained."""

from charts_src.review.gates.stacks import gate
from tests.review.gates.pairs import found
from tests.review.gates.test_aws import stack, stacks


def test_a_resource_with_data_that_leaves_its_stack_is_deleted() -> None:
    kept = stack(Data={"Type": "AWS::S3::Bucket", "DeletionPolicy": "Retain"})
    assert found(gate, stacks(kept, stack())) == [
        "deletion: AWS::S3::Bucket access/Data: removed from its stack: CloudFormation leaves it (Retain), "
        "unmanaged; deleted by hand, its objects are lost to the platform; keep it"
    ]
    lost = stack(Images={"Type": "AWS::ECR::Repository"}, Rule={"Type": "AWS::Events::Rule"})
    assert found(gate, stacks(lost, stack())) == [
        "deletion: AWS::ECR::Repository access/Images: removed from its stack: deleted: its images are "
        "deleted; "
        "keep it"
    ]


def test_data_that_was_retained_is_to_be_retained() -> None:
    old = stack(Data={"Type": "AWS::S3::Bucket", "DeletionPolicy": "Retain"})
    new = stack(Data={"Type": "AWS::S3::Bucket"})
    assert found(gate, stacks(old, new)) == [
        "deletion: AWS::S3::Bucket access/Data: DeletionPolicy: loses Retain: with its stack its "
        "objects are lost "
        "to the platform; keep Retain"
    ]
