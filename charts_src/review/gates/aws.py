"""Permissions in AWS that a change widens: of roles, buckets and keys, and of people in the cluster.

A role's permissions are those of the policies that it names, so that moving a statement from one to another
says nothing.
"""

import json
from collections.abc import Iterator
from typing import Any, Final

from charts_src.objects import Body, Identity
from charts_src.review.finding import Finding
from charts_src.review.gates.exposure import CLUSTER, cluster_config
from charts_src.review.gates.policies import Allowed, allowed, widened
from charts_src.review.gates.stacks import Resources, resources
from charts_src.review.sides import Pair

_POWERFUL: Final = ("iam:", "sts:AssumeRole", "kms:PutKeyPolicy", "s3:PutBucketPolicy", "organizations:")
"""Actions that lead to more; of a role that is new, only these and wildcards are told."""

_GATE = "rbac"
_DOCUMENTS: Final = ("PolicyDocument", "KeyPolicy", "AssumeRolePolicyDocument")
_SHOWN = 3


def gate(pair: Pair) -> Iterator[Finding]:
    """Find what roles, buckets, keys and people may do only after the change."""
    if pair.old.templates != pair.new.templates:
        before, after = resources(pair.old), resources(pair.new)
        yield from _widened(before, after)
        yield from _associated(before, after)
    yield from _entries(pair)


def _widened(before: Resources, after: Resources) -> Iterator[Finding]:
    for identity in sorted(after):
        old_allows, old_denies = _statements(identity, before)
        new_allows, new_denies = _statements(identity, after)
        more = widened(old_allows, new_allows)
        if identity not in before:
            more = [each for each in more if _is_powerful(each)]
        if more:
            yield Finding(_GATE, identity, "", f"allows {_listed(more)}; take away what is not needed")
        if identity in before and (lost := sorted(old_denies - new_denies)):
            yield Finding(_GATE, identity, "", f"no longer denies {_listed(lost)}; keep it")


def _listed(permissions: list[Allowed]) -> str:
    more = f"; and {len(permissions) - _SHOWN} more" if len(permissions) > _SHOWN else ""
    return "; ".join(map(str, permissions[:_SHOWN])) + more


def _is_powerful(each: Allowed) -> bool:
    return each.action.endswith("*") or each.action.startswith(_POWERFUL) or each.principal in ("*", "AWS *")


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


def _associated(before: Resources, after: Resources) -> Iterator[Finding]:
    """Find accounts that get a role which is there already (EKS Pod Identity)."""
    old = _accounts(before)
    for (stack, role), accounts in sorted(_accounts(after).items()):
        identity = Identity("aws", "AWS::IAM::Role", stack, role)
        for account in sorted(accounts - old.get((stack, role), set())) if identity in before else ():
            words = f"is given to ServiceAccount {account}; see that it needs all that the role may"
            yield Finding(_GATE, identity, "", words)


def _accounts(resources: Resources) -> dict[tuple[str, str], set[str]]:
    """Give the accounts, as namespace/name, of each role, by its stack and logical id."""
    found: dict[tuple[str, str], set[str]] = {}
    for identity, body in resources.items():
        if identity.kind == "AWS::EKS::PodIdentityAssociation":
            properties = body.get("Properties", {})
            arn = properties.get("RoleArn")
            role = arn["Fn::GetAtt"][0] if isinstance(arn, dict) else str(arn)
            account = f"{properties.get('Namespace')}/{properties.get('ServiceAccount')}"
            found.setdefault((identity.namespace, role), set()).add(account)
    return found


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
        yield Finding(_GATE, identity, "accessConfig.accessEntries", words)
    if "secretsEncryption" in old and "secretsEncryption" not in new:
        yield Finding(
            _GATE, identity, "secretsEncryption", "is gone: Secrets are not encrypted by our key; keep it"
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
