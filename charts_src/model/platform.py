"""The sections that every environment has: where it runs and how changes and users reach it."""

from collections.abc import Iterable, Mapping
from typing import Annotated, Literal

from pydantic import Field

from charts_src.lib.instances import instance, names, offered, unknown_type
from charts_src.model.base import (
    VERSION,
    AccountId,
    CertificateArn,
    Cidr,
    Form,
    Hostname,
    Model,
    Name,
    Problem,
)
from charts_src.model.charts import Charts

Region = Annotated[str, Form(r"^[a-z]{2}(-[a-z]+)+-[1-9]$", "write a region, such as us-west-2")]
"""AWS region."""

Zone = Annotated[str, Form(r"^[a-z]{2}(-[a-z]+)+-[1-9][a-z]$", "write a zone, such as us-west-2a")]
"""Availability zone, by its name in this account."""

HttpsUrl = Annotated[str, Form(r"^https://[^ ]+$", "write a URL that starts with https://")]
"""Address that is reached over TLS."""

GitUrl = Annotated[
    str, Form(r"^(https://|ssh://|git@)[^ ]+$", "write the URL of a Git repository, https or ssh")
]
"""Address of a Git repository."""

RoleArn = Annotated[
    str,
    Form(
        r"^arn:aws(-[a-z]+)*:iam::[0-9]{12}:role/[^ ]+$",
        "write the ARN of a role, such as arn:aws:iam::111122223333:role/platform-admin",
    ),
]
"""ARN of an IAM role."""

AddonName = Literal["coredns", "eks-pod-identity-agent", "kube-proxy", "metrics-server", "vpc-cni"]
"""An EKS add-on that the cluster has."""

AddonVersion = Annotated[
    str,
    Form(r"^v[0-9]+\.[0-9]+\.[0-9]+-eksbuild\.[0-9]+$", "write a version, such as v1.2.3-eksbuild.1"),
    VERSION,
]
"""Version of an EKS add-on."""

GroupId = Annotated[
    str,
    Form(
        r"^([0-9a-f]{10}-)?[A-Fa-f0-9]{8}(-[A-Fa-f0-9]{4}){3}-[A-Fa-f0-9]{12}$",
        "write the id of a group, as `aws identitystore list-groups` prints it",
    ),
]
"""Id of a group of IAM Identity Center."""

UserPoolArn = Annotated[
    str,
    Form(
        r"^arn:aws(-[a-z]+)*:cognito-idp:[a-z0-9-]+:[0-9]{12}:userpool/[^ ]+$",
        "write an ARN, such as arn:aws:cognito-idp:us-west-2:111122223333:userpool/us-west-2_EXAMPLE",
    ),
]
"""ARN of an Amazon Cognito user pool."""


class Aws(Model):
    """The AWS account and place of the cluster."""

    account: AccountId
    """Account id, 12 digits in quotes."""

    region: Region
    """Region, such as us-west-2."""

    zones: Annotated[tuple[Zone, ...], Field(min_length=1)]
    """Availability zones with a subnet of the cluster; pools use all of them unless they name their own."""

    def problems(self) -> Iterable[Problem]:
        """Find zones of another region, and zones named twice."""
        for index, zone in enumerate(self.zones):
            if zone[:-1] != self.region:
                yield Problem(("zones", index), f"{zone} is not in {self.region}; name a zone of that region")
            elif zone in self.zones[:index]:
                yield Problem(("zones", index), f"{zone} is named twice; name each zone once")


class SystemNodes(Model):
    """The managed node group of the cluster: Karpenter, CoreDNS and Argo CD; all else runs on node pools."""

    instance_types: Annotated[tuple[str, ...], Field(min_length=1)] = ("m7i.xlarge", "m7a.xlarge")
    """EC2 instance types without accelerators; EKS takes the first that it can get."""

    min_size: Annotated[int, Field(ge=2, le=20)] = 2
    """Fewest nodes; the two pods of Karpenter never share one."""

    desired_size: Annotated[int, Field(ge=2, le=20)] = 2
    """Nodes to start with; nothing scales the group afterwards."""

    max_size: Annotated[int, Field(ge=2, le=20)] = 4
    """Most nodes, also while an update replaces them."""

    volume_gib: Annotated[int, Field(ge=20, le=16384)] = 50
    """Size of the root volume in GiB."""

    def problems(self) -> Iterable[Problem]:
        """Find sizes in the wrong order, and instance types that don't exist or are wasted here."""
        if not self.min_size <= self.desired_size <= self.max_size:
            yield Problem(
                ("desired_size",),
                f"is {self.desired_size}, which is not between min_size {self.min_size} and max_size "
                f"{self.max_size}; change one of them",
            )
        for index, name in enumerate(self.instance_types):
            if name not in names():
                yield Problem(("instance_types", index), unknown_type(name))
            elif instance(name).accelerator != "none":
                yield Problem(
                    ("instance_types", index),
                    f"{name} has accelerators, which nothing here uses; write a type without, such as "
                    "m7i.xlarge",
                )


class Cluster(Model):
    """The EKS cluster that the environment is deployed to."""

    name: Name
    """Name of the EKS cluster; its VPC, subnets and security groups have it as tag karpenter.sh/discovery."""

    vpc_cidr: Cidr
    """Address range of the VPC: nodes, pods and load balancers have their addresses in it."""

    service_cidr: Cidr = "172.20.0.0/16"
    """Address range of Kubernetes Services; must not overlap the VPC."""

    admin_roles: tuple[RoleArn, ...] = ()
    """IAM roles whose holders are administrators of the cluster, beside the one that makes it."""

    public_access_cidrs: tuple[Cidr, ...] = ()
    """Address ranges that may reach the Kubernetes API from the internet; without any it is private."""

    nat: Literal["per-zone", "single"] = "per-zone"
    """NAT gateways: one in each zone, or a single one, cheaper and lost with its zone."""

    log_retention_days: Literal[30, 60, 90, 180, 365] = 90
    """How long the logs of the control plane are kept."""

    addon_versions: Mapping[AddonName, AddonVersion] = {}
    """EKS add-on -> exact version; `aws eks describe-addon-versions` lists them. EKS installs its default for
    the Kubernetes minor unless set."""

    system_nodes: SystemNodes = SystemNodes()
    """Nodes that come with the cluster, for what must run before any node pool."""


def check_system_nodes(nodes: SystemNodes, aws: Aws) -> Iterable[Problem]:
    """Find instance types that no zone of the cluster offers; paths start at the environment."""
    for index, name in enumerate(nodes.instance_types):
        if name in names() and not set(aws.zones).intersection(offered(name, aws.region)):
            yield Problem(
                ("cluster", "system_nodes", "instance_types", index),
                f"{name} is not offered in {', '.join(aws.zones)}; name another type",
            )


class IdentityCenter(Model):
    """The login of the EKS Capability for Argo CD, which has no other."""

    instance_arn: Annotated[
        str,
        Form(
            r"^arn:aws(-[a-z]+)*:sso:::instance/(sso)?ins-[a-zA-Z0-9.-]{16}$",
            "write the ARN that `aws sso-admin list-instances` prints: arn:aws:sso:::instance/ssoins-...",
        ),
    ]
    """ARN of the instance of IAM Identity Center."""

    region: Region
    """Region of the instance."""

    admin_groups: Annotated[tuple[GroupId, ...], Field(min_length=1)]
    """Ids of the groups whose members administer Argo CD."""


class ArgoCd(Model):
    """How Argo CD finds this repository and the cluster."""

    repository: GitUrl
    """URL of this Git repository, as Argo CD clones it."""

    revision: str = "main"
    """Branch, tag or commit that the environment follows."""

    engine: Literal["self-managed", "eks-capability"] = "self-managed"
    """Argo CD installed by argocd/bootstrap, or the EKS Capability for Argo CD, which AWS runs."""

    namespace: Name = "argocd"
    """Namespace of the Applications; the EKS Capability accepts them in this one only."""

    destination: Name = "in-cluster"
    """Name under which Argo CD knows the cluster; both engines accept a name, only one a URL."""

    identity_center: IdentityCenter | None = None
    """Login of the EKS Capability; the self-managed engine has no use for it."""

    charts: Charts | None = None
    """Helm charts that the components come from; without them Argo CD syncs rendered/<env>/ from Git."""

    def problems(self) -> Iterable[Problem]:
        """Find an EKS Capability without its login."""
        if self.engine == "eks-capability" and self.identity_center is None:
            yield Problem(
                ("engine",),
                "eks-capability has no login but IAM Identity Center; write argocd.identity_center",
            )


class OidcAuthentication(Model):
    """Login at the load balancer through an OpenID Connect provider."""

    issuer: HttpsUrl
    """Issuer URL of the provider."""

    authorization_endpoint: HttpsUrl
    """Authorization endpoint URL of the provider."""

    token_endpoint: HttpsUrl
    """Token endpoint URL of the provider."""

    user_info_endpoint: HttpsUrl
    """User info endpoint URL of the provider."""

    secret_name: Name
    """Secret with clientID and clientSecret, in each namespace with Ingresses; copied from <cluster>/<name>
    in AWS Secrets Manager."""


class CognitoAuthentication(Model):
    """Login at the load balancer through an Amazon Cognito user pool."""

    user_pool_arn: UserPoolArn
    """ARN of the user pool."""

    user_pool_client_id: Annotated[
        str, Form(r"^[a-z0-9]{1,128}$", "write the id of an app client, lower-case letters and digits")
    ]
    """App client of the load balancer in the user pool."""

    user_pool_domain: Annotated[
        str, Form(r"^[a-z0-9.-]+$", "write a domain prefix or a domain, in lower case")
    ]
    """Domain prefix of the user pool, or its full custom domain."""


class Ingress(Model):
    """How users reach the services: one Application Load Balancer, TLS and a login in front of each."""

    domain: Hostname
    """Domain below which each service has its host name."""

    certificate_arn: CertificateArn
    """Certificate for the domain and its host names, in the region of the cluster."""

    scheme: Literal["internal", "internet-facing"] = "internal"
    """Whether the load balancer has public addresses."""

    inbound_cidrs: Annotated[tuple[Cidr, ...], Field(min_length=1)] = ("10.0.0.0/8",)
    """Address ranges that may connect to the load balancer."""

    cognito: CognitoAuthentication | None = None
    """Login through Amazon Cognito; set this or oidc."""

    oidc: OidcAuthentication | None = None
    """Login through any OpenID Connect provider; set this or cognito."""

    def problems(self) -> Iterable[Problem]:
        """Find an ingress with no login in front of it, or two."""
        if (self.cognito is None) == (self.oidc is None):
            yield Problem((), "needs exactly one login; set either cognito or oidc")
