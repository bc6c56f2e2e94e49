"""The CloudFormation stack of the EKS Capability for Argo CD: the capability and the role that it works by.

Sources: AWS::EKS::Capability of CloudFormation's resource reference (cfn-lint checks it); EKS user guide,
"Create an Argo CD capability" (principal capabilities.eks.amazonaws.com). The role needs no permission in
AWS: Argo CD reads a Git repository, and its rights in the cluster are an access policy (bootstrap.py).

Identity Center is the only login that the capability has. What Argo CD has deployed outlives it (RETAIN, the
only policy there is).
"""

from charts_src.cloud.template import document, resource, tags, template
from charts_src.model import Environment
from charts_src.objects import Body


def capability(env: Environment) -> str:
    """Write the template."""
    trust = {
        "Effect": "Allow",
        "Principal": {"Service": "capabilities.eks.amazonaws.com"},
        "Action": ["sts:AssumeRole", "sts:TagSession"],
    }
    role = {
        "RoleName": capability_role(env),
        "AssumeRolePolicyDocument": document([trust]),
        "Tags": tags(env),
    }
    found = {
        "CapabilityName": "argocd",
        "ClusterName": env.cluster.name,
        "Type": "ARGOCD",
        "RoleArn": {"Fn::GetAtt": ["ArgoCdRole", "Arn"]},
        "DeletePropagationPolicy": "RETAIN",
        "Configuration": {"ArgoCd": {"Namespace": env.argocd.namespace, **_login(env)}},
        "Tags": tags(env),
    }
    return template(
        f"Argo CD of {env.cluster.name}",
        {"ArgoCdRole": resource("IAM::Role", role), "ArgoCd": resource("EKS::Capability", found)},
    )


def capability_role(env: Environment) -> str:
    """Name the role of the capability."""
    return f"{env.cluster.name[:46]}-argocd-capability"


def _login(env: Environment) -> Body:
    center = env.argocd.identity_center
    assert center  # noqa: S101  # the model asks for it with this engine
    return {
        "AwsIdc": {"IdcInstanceArn": center.instance_arn, "IdcRegion": center.region},
        "RbacRoleMappings": [
            {
                "Role": "ADMIN",
                "Identities": [{"Id": group, "Type": "SSO_GROUP"} for group in center.admin_groups],
            }
        ],
    }
