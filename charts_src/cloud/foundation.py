"""The CloudFormation stack that is there before the cluster: key, buckets, queue, node role, repositories.

Sources: cloudformation.yaml of karpenter-provider-aws (website, getting started) for the queue, its rules and
the policies of the node role; CloudFormation's resource reference for the rest. cfn-lint checks it.

Buckets are encrypted with keys of S3: with a key of ours every role that reads one would need that key too.
Key and buckets outlive the stack, because their data do: the teardown lists them, a person deletes them.
"""

from collections.abc import Sequence

from charts_src.cloud.images import repositories
from charts_src.cloud.template import Resources, document, kept, logical, resource, tags, template
from charts_src.lib.karpenter_iam import interruption_queue
from charts_src.lib.own_images import Wanted
from charts_src.model import Environment
from charts_src.objects import Body

_EVENTS = {
    "CapacityReservationInterruption": (
        "aws.ec2",
        "EC2 Capacity Reservation Instance Interruption Warning",
    ),
    "HealthEvent": ("aws.health", "AWS Health Event"),
    "InstanceStateChange": ("aws.ec2", "EC2 Instance State-change Notification"),
    "Rebalance": ("aws.ec2", "EC2 Instance Rebalance Recommendation"),
    "SpotInterruption": ("aws.ec2", "EC2 Spot Instance Interruption Warning"),
}
"""What Karpenter wants to hear of: source and detail type of the events."""

_NODE_POLICIES = (
    "AmazonEC2ContainerRegistryPullOnly",
    "AmazonEKSWorkerNodePolicy",
    "AmazonEKS_CNI_Policy",
    "AmazonSSMManagedInstanceCore",
)

_EXPIRE_AFTER_DAYS = {"artifacts": 90, "logs": 90}
"""Bucket -> after how many days its objects go; what is not here stays."""


def foundation(env: Environment, images: Sequence[Wanted]) -> str:
    """Write the template; `images` are ours, for which it makes repositories."""
    resources = _key(env) | _queue(env) | _node_role(env) | repositories(env, images)
    if env.storage:
        for purpose, name in env.storage.buckets:
            resources |= _bucket(env, purpose, name)
    return template(f"What the cluster {env.cluster.name} needs before it is there", resources)


def _key(env: Environment) -> Resources:
    root = {"AWS": {"Fn::Sub": "arn:${AWS::Partition}:iam::${AWS::AccountId}:root"}}
    owner = {"Sid": "Account", "Effect": "Allow", "Principal": root, "Action": "kms:*", "Resource": "*"}
    key = {
        "Description": f"Secrets of the Kubernetes API of {env.cluster.name}",
        "EnableKeyRotation": True,
        "KeyPolicy": document([owner]),
        "Tags": tags(env),
    }
    alias = {"AliasName": f"alias/{env.cluster.name}", "TargetKeyId": {"Ref": "Key"}}
    return {"Key": kept("KMS::Key", key), "KeyAlias": resource("KMS::Alias", alias)}


def _bucket(env: Environment, purpose: str, name: str) -> Resources:
    """Give a private bucket that takes requests over TLS only."""
    logical_name = logical(purpose, "bucket")
    rules: list[Body] = [
        {
            "Id": "abandoned-parts",
            "Status": "Enabled",
            "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 7},
        },
        {"Id": "old-versions", "Status": "Enabled", "NoncurrentVersionExpiration": {"NoncurrentDays": 30}},
    ]
    if days := _EXPIRE_AFTER_DAYS.get(purpose):
        rules.append({"Id": "expiry", "Status": "Enabled", "ExpirationInDays": days})
    bucket = {
        "BucketName": name,
        "BucketEncryption": {
            "ServerSideEncryptionConfiguration": [
                {"ServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}
            ]
        },
        "LifecycleConfiguration": {"Rules": rules},
        "OwnershipControls": {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]},
        "PublicAccessBlockConfiguration": {
            "BlockPublicAcls": True,
            "BlockPublicPolicy": True,
            "IgnorePublicAcls": True,
            "RestrictPublicBuckets": True,
        },
        "Tags": tags(env),
        "VersioningConfiguration": {"Status": "Enabled"},
    }
    arn = {"Fn::GetAtt": [logical_name, "Arn"]}
    below = {"Fn::Sub": f"${{{logical_name}.Arn}}/*"}
    policy = {"Bucket": {"Ref": logical_name}, "PolicyDocument": document([_tls_only("s3:*", [arn, below])])}
    return {
        logical_name: kept("S3::Bucket", bucket),
        f"{logical_name}Policy": resource("S3::BucketPolicy", policy),
    }


def _tls_only(action: str, resources: list[Body]) -> Body:
    return {
        "Sid": "TlsOnly",
        "Effect": "Deny",
        "Principal": "*",
        "Action": action,
        "Resource": resources,
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }


def _queue(env: Environment) -> Resources:
    arn = {"Fn::GetAtt": ["InterruptionQueue", "Arn"]}
    senders = {
        "Sid": "Events",
        "Effect": "Allow",
        "Principal": {"Service": ["events.amazonaws.com", "sqs.amazonaws.com"]},
        "Action": "sqs:SendMessage",
        "Resource": arn,
    }
    queue = {
        "QueueName": interruption_queue(env),
        "MessageRetentionPeriod": 300,
        "SqsManagedSseEnabled": True,
        "Tags": tags(env),
    }
    policy = {
        "Queues": [{"Ref": "InterruptionQueue"}],
        "PolicyDocument": document([senders, _tls_only("sqs:*", [arn])]),
    }
    rules = {
        f"{name}Rule": resource(
            "Events::Rule",
            {
                "EventPattern": {"source": [source], "detail-type": [detail]},
                "Targets": [{"Id": "KarpenterInterruptionQueueTarget", "Arn": arn}],
            },
        )
        for name, (source, detail) in _EVENTS.items()
    }
    return {
        "InterruptionQueue": resource("SQS::Queue", queue),
        "InterruptionQueuePolicy": resource("SQS::QueuePolicy", policy),
        **rules,
    }


def _node_role(env: Environment) -> Resources:
    trust = {
        "Effect": "Allow",
        "Principal": {"Service": "ec2.amazonaws.com"},
        "Action": "sts:AssumeRole",
    }
    managed = [{"Fn::Sub": f"arn:${{AWS::Partition}}:iam::aws:policy/{name}"} for name in _NODE_POLICIES]
    role = {
        "RoleName": env.karpenter.node_role,
        "AssumeRolePolicyDocument": document([trust]),
        "ManagedPolicyArns": managed,
        "Tags": tags(env),
    }
    return {"NodeRole": resource("IAM::Role", role)}
