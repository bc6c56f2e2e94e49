"""The CloudFormation stack of the EKS Capability for Argo CD: the capability and the role that it works by.

Sources: AWS::EKS::Capability of CloudFormation's resource reference (cfn-lint checks it); EKS user guide,
"Create an Argo CD capability" (principal capabilities.eks.amazonaws.com), "Configure repository access" (what
pulls charts from ECR, with no repository Secret). The role's rights in the cluster are an access policy
(bootstrap.py); in AWS it needs none to read a Git repository.

Identity Center is the only login that the capability has. What Argo CD has deployed outlives it (RETAIN, the
only policy there is).
"""

from charts_src.cloud.template import document, resource, tags, template
from charts_src.lib.ecr import ecr_path
from charts_src.lib.iam import statement
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
        **_policies(env),
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


def _policies(env: Environment) -> Body:
    """Let the role pull charts from ECR, where they come from there."""
    charts = ecr_path(f"{env.argocd.charts.registry}/*") if env.argocd.charts else None
    if charts is None:
        return {}
    repositories = f"arn:aws:ecr:{charts.region}:{charts.account}:repository/{charts.path}"
    statements = [
        statement("Login", ["ecr:GetAuthorizationToken"], ["*"]),
        statement("Pull", ["ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"], [repositories]),
    ]
    return {"Policies": [{"PolicyName": "charts", "PolicyDocument": document(statements)}]}


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
