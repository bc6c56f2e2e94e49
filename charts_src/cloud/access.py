"""The CloudFormation stack of permissions: an IAM role for each ServiceAccount, bound by Pod Identity.

Source: the trust policy that the EKS user guide gives for Pod Identity (principal pods.eks.amazonaws.com,
sts:AssumeRole and sts:TagSession). Its condition lets only this cluster use the role.
"""

import json
from collections.abc import Sequence

from charts_src.cloud.template import Resources, document, logical, resource, tags, template
from charts_src.errors import UserError
from charts_src.fingerprint import of_text
from charts_src.lib.iam import PodIdentity
from charts_src.model import Environment
from charts_src.objects import Body

ROLE_CHARACTERS = 64
"""Most characters of the name of a role (IAM quotas)."""

POLICY_CHARACTERS = 6144
"""Most characters of a managed policy, white space not counted (IAM quotas)."""


def access(env: Environment, identities: Sequence[PodIdentity]) -> str:
    """Write the template. Raises UserError for a policy that is longer than IAM takes."""
    resources: Resources = {}
    for identity in identities:
        _refuse_long_policies(identity)
        resources |= _role(env, identity)
    return template(f"What pods of {env.cluster.name} may do in AWS", resources)


def _refuse_long_policies(identity: PodIdentity) -> None:
    for name, statements in identity.policies.items():
        length = len(json.dumps(document(statements), separators=(",", ":")))
        if length > POLICY_CHARACTERS:
            raise UserError(
                f"policy {name} of {identity.namespace}/{identity.service_account}: has {length} characters, "
                f"but IAM takes {POLICY_CHARACTERS}; split it"
            )


def role_name(env: Environment, identity: PodIdentity) -> str:
    """Name the role of an account; of a name longer than IAM takes, the end becomes a hash of it."""
    name = f"{env.cluster.name}-{identity.namespace}-{identity.service_account}"
    return name if len(name) <= ROLE_CHARACTERS else f"{name[: ROLE_CHARACTERS - 9]}-{of_text(name)[:8]}"


def _role(env: Environment, identity: PodIdentity) -> Resources:
    name = logical(identity.namespace, identity.service_account)
    policies = {
        f"{name}{logical(policy)}Policy": resource(
            "IAM::ManagedPolicy",
            {
                "Description": f"{policy} of {identity.namespace}/{identity.service_account}",
                "PolicyDocument": document(statements),
            },
        )
        for policy, statements in identity.policies.items()
    }
    role = {
        "RoleName": role_name(env, identity),
        "AssumeRolePolicyDocument": document([_trust(env)]),
        "ManagedPolicyArns": [{"Ref": policy} for policy in policies],
        "Tags": tags(env),
    }
    association = {
        "ClusterName": env.cluster.name,
        "Namespace": identity.namespace,
        "ServiceAccount": identity.service_account,
        "RoleArn": {"Fn::GetAtt": [f"{name}Role", "Arn"]},
        "Tags": tags(env),
    }
    return {
        **policies,
        f"{name}Role": resource("IAM::Role", role),
        f"{name}Association": resource("EKS::PodIdentityAssociation", association),
    }


def _trust(env: Environment) -> Body:
    cluster = f"arn:aws:eks:{env.aws.region}:{env.aws.account}:cluster/{env.cluster.name}"
    return {
        "Effect": "Allow",
        "Principal": {"Service": "pods.eks.amazonaws.com"},
        "Action": ["sts:AssumeRole", "sts:TagSession"],
        "Condition": {
            "StringEquals": {"aws:SourceAccount": env.aws.account},
            "ArnEquals": {"aws:SourceArn": cluster},
        },
    }
