"""Resources with data that a CloudFormation stack no longer has, or no longer retains.

Stacks are JSON in rendered/<env>/aws/. What becomes of a resource that leaves its stack: the CloudFormation
User Guide, "DeletionPolicy attribute".
"""

import json
from collections.abc import Iterator
from typing import Final

from charts_src.objects import Body, Identity
from charts_src.review.finding import Finding
from charts_src.review.sides import Pair, Side

_GATE = "deletion"

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


def gate(pair: Pair) -> Iterator[Finding]:
    """Find resources with data that go with this change, or with the next one."""
    if pair.old.templates != pair.new.templates:
        before, after = resources(pair.old), resources(pair.new)
        yield from _deleted(before, after)
        yield from _unretained(before, after)


Resources = dict[Identity, Body]


def resources(side: Side) -> Resources:
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
            yield Finding(_GATE, identity, "", f"removed from its stack: {then} {words}; keep it")


def _unretained(before: Resources, after: Resources) -> Iterator[Finding]:
    for identity in sorted(before.keys() & after.keys()):
        for field in ("DeletionPolicy", "UpdateReplacePolicy"):
            if before[identity].get(field) == "Retain" and after[identity].get(field) != "Retain":
                words = _DATA.get(identity.kind, "it is deleted")
                yield Finding(
                    "deletion", identity, field, f"loses Retain: with its stack {words}; keep Retain"
                )
