"""What a change does to the AWS side: permissions of roles, and resources that hold data.

Stacks are JSON in rendered/<env>/aws/. A role's permissions are those of the policies that it names, so that
moving a statement from one to another says nothing. Resources that CloudFormation deletes with their stack's
entry: the CloudFormation User Guide, "DeletionPolicy attribute".
"""

import json
from collections.abc import Iterator
from typing import Any, Final

from charts_src.objects import Body, Identity
from charts_src.review.finding import Finding
from charts_src.review.gates.exposure import CLUSTER, cluster_config
from charts_src.review.gates.policies import Allowed, allowed, widened
from charts_src.review.sides import Pair, Side

_POWERFUL: Final = ("*", "iam:", "sts:AssumeRole", "kms:PutKeyPolicy", "s3:PutBucketPolicy", "organizations:")
"""Actions that lead to more; of a role that is new, only these and wildcards are told."""

_DATA: Final = {
    "AWS::DynamoDB::Table": "its items are deleted",
    "AWS::ECR::Repository": "its images are deleted",
    "AWS::FSx::FileSystem": "its files are deleted",
    "AWS::KMS::Key": "what it encrypts can't be read any more",
    "AWS::RDS::DBInstance": "its data is deleted",
    "AWS::S3::Bucket": "its objects are lost to the platform",
    "AWS::SQS::Queue": "its messages are deleted",
}
"""Type -> what is lost with a resource of it."""

_DOCUMENTS: Final = ("PolicyDocument", "KeyPolicy", "AssumeRolePolicyDocument")
_SHOWN = 3


def gate(pair: Pair) -> Iterator[Finding]:
    """Find resources that go, and what roles, buckets, keys and people may do only after the change."""
    before, after = _resources(pair.old), _resources(pair.new)
    if before != after:
        yield from _deleted(before, after)
        yield from _unretained(before, after)
        yield from _widened(before, after)
    yield from _entries(pair)


Resources = dict[Identity, Body]


def _resources(side: Side) -> Resources:
    """Give every resource of every stack, named by its stack and logical id."""
    found: Resources = {}
    for file, text in side.templates.items():
        content = json.loads(text) if "AWSTemplateFormatVersion" in text else {}
        for name, body in content.get("Resources", {}).items():
            stack = file.rpartition("/")[2].removesuffix(".json")
            found[Identity("aws", body.get("Type", ""), stack, name)] = body
    return found


def _deleted(before: Resources, after: Resources) -> Iterator[Finding]:
    for identity in sorted(before.keys() - after.keys()):
        if words := _DATA.get(identity.kind):
            kept = before[identity].get("DeletionPolicy") == "Retain"
            then = "CloudFormation leaves it (Retain), unmanaged; deleted by hand," if kept else "deleted:"
            yield Finding("deletion", identity, "", f"removed from its stack: {then} {words}; keep it")


def _unretained(before: Resources, after: Resources) -> Iterator[Finding]:
    for identity in sorted(before.keys() & after.keys()):
        for field in ("DeletionPolicy", "UpdateReplacePolicy"):
            if before[identity].get(field) == "Retain" and after[identity].get(field) != "Retain":
                words = _DATA.get(identity.kind, "it is deleted")
                yield Finding(
                    "deletion", identity, field, f"loses Retain: with its stack {words}; keep Retain"
                )


def _widened(before: Resources, after: Resources) -> Iterator[Finding]:
    for identity, body in sorted(after.items()):
        old_allows, old_denies = _statements(identity, before)
        new_allows, new_denies = _statements(identity, after)
        more = widened(old_allows, new_allows)
        if identity not in before:
            more = [each for each in more if _is_powerful(each)]
        if more:
            words = "; ".join(map(str, more[:_SHOWN])) + (
                f"; and {len(more) - _SHOWN} more" if more[_SHOWN:] else ""
            )
            yield Finding("rbac", identity, "", f"allows {words}; take away what is not needed")
        if identity in before and (lost := sorted(old_denies - new_denies)) and body:
            yield Finding(
                "rbac", identity, "", f"no longer denies {'; '.join(map(str, lost[:_SHOWN]))}; keep it"
            )


def _is_powerful(each: Allowed) -> bool:
    return (
        each.action.endswith("*") or each.action.startswith(_POWERFUL[1:]) or each.principal in ("*", "AWS *")
    )


def _statements(identity: Identity, resources: Resources) -> tuple[set[Allowed], set[Allowed]]:
    """Give what a role, or the policy of a bucket or key, allows and denies; nothing for a managed policy."""
    allows: set[Allowed] = set()
    denies: set[Allowed] = set()
    properties = resources.get(identity, {}).get("Properties", {})
    for document in _documents(identity, properties, resources):
        more_allows, more_denies = allowed(document)
        allows |= more_allows
        denies |= more_denies
    for arn in properties.get("ManagedPolicyArns", ()):
        if not (isinstance(arn, dict) and "Ref" in arn):
            allows.add(Allowed("", f"all of {arn if isinstance(arn, str) else json.dumps(arn)}", "", ""))
    return allows, denies


def _documents(identity: Identity, properties: Body, resources: Resources) -> Iterator[Any]:
    if identity.kind == "AWS::IAM::ManagedPolicy":  # counts by the roles that name it
        return
    yield from (properties[key] for key in _DOCUMENTS if key in properties)
    for inline in properties.get("Policies", ()):
        yield inline.get("PolicyDocument")
    for arn in properties.get("ManagedPolicyArns", ()):
        name = arn.get("Ref", "") if isinstance(arn, dict) else ""
        policy = resources.get(Identity("aws", "AWS::IAM::ManagedPolicy", identity.namespace, name), {})
        yield policy.get("Properties", {}).get("PolicyDocument")


def _entries(pair: Pair) -> Iterator[Finding]:
    """Compare who may log in to the cluster (EKS access entries), and with what."""
    if pair.old.files.get(CLUSTER) == pair.new.files.get(CLUSTER):
        return
    old, new = cluster_config(pair.old), cluster_config(pair.new)
    if not old:
        return
    identity = Identity("eksctl.io", "ClusterConfig", "", (new.get("metadata") or {}).get("name", pair.name))
    for principal, policy in sorted(_access(new) - _access(old)):
        words = f"gives {principal} {policy or 'access'} in the cluster; see that it needs it"
        yield Finding("rbac", identity, "accessConfig.accessEntries", words)
    if "secretsEncryption" in old and "secretsEncryption" not in new:
        yield Finding(
            "rbac", identity, "secretsEncryption", "is gone: Secrets are not encrypted by our key; keep it"
        )


def _access(config: Body) -> set[tuple[str, str]]:
    entries = (config.get("accessConfig") or {}).get("accessEntries") or ()
    found = set()
    for entry in entries:
        policies = [
            f"{each.get('policyARN')} ({json.dumps(each.get('accessScope'))})"
            for each in entry.get("accessPolicies") or ()
        ]
        groups = [f"group {each}" for each in entry.get("kubernetesGroups") or ()]
        found |= {(str(entry.get("principalARN")), each) for each in [*policies, *groups] or [""]}
    return found
