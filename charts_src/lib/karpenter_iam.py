"""What the Karpenter controller may do in AWS.

Source: the six policies of cloudformation.yaml of karpenter-provider-aws, website/content/en/v1.14/
getting-started/getting-started-with-karpenter (August 2026; the module of v1.15.1 has no website, and its
code calls nothing else). Differences: no arc-zonal-shift, as ENABLE_ZONAL_SHIFT is off; and no
ec2:RebootInstances, which only the gate RebootForRepair needs. Karpenter changes what carries the tags of
this cluster, and no more.
"""

from charts_src.lib.iam import statement
from charts_src.model import Environment
from charts_src.objects import Body

_NODE_POOL = "karpenter.sh/nodepool"
_NODE_CLASS = "karpenter.k8s.aws/ec2nodeclass"
_REGION = "topology.kubernetes.io/region"
_CLUSTER_NAME = "eks:eks-cluster-name"

_CREATED = ("fleet", "instance", "volume", "network-interface", "launch-template", "spot-instances-request")
"""What a launch creates, always with the tags of the cluster."""


def policies(env: Environment) -> dict[str, list[Body]]:
    """Give the statements by policy; each policy fits in the 6,144 characters of a managed policy."""
    return {
        "node-lifecycle": _node_lifecycle(env),
        "iam-integration": _iam_integration(env),
        "eks-integration": [
            statement(
                "EndpointDiscovery", ["eks:DescribeCluster"], [_arn(env, "eks", f"cluster/{_name(env)}")]
            )
        ],
        "interruption": [
            statement(
                "InterruptionQueue",
                ["sqs:DeleteMessage", "sqs:GetQueueUrl", "sqs:ReceiveMessage"],
                [_arn(env, "sqs", interruption_queue(env))],
            )
        ],
        "resource-discovery": _resource_discovery(env),
    }


def interruption_queue(env: Environment) -> str:
    """Name the SQS queue that EventBridge fills with warnings about instances; made with the cluster."""
    return _name(env)


def _name(env: Environment) -> str:
    return env.cluster.name


def _arn(env: Environment, service: str, resource: str) -> str:
    return f"arn:aws:{service}:{env.aws.region}:{env.aws.account}:{resource}"


def _ec2(env: Environment, *kinds: str) -> list[str]:
    return [f"arn:aws:ec2:{env.aws.region}:*:{kind}/*" for kind in kinds]


def _owned(env: Environment, *, request: bool = False, resource: bool = False) -> dict[str, str]:
    """Give the tags that say a thing belongs to this cluster, as condition keys."""
    key = f"kubernetes.io/cluster/{_name(env)}"
    wanted = {f"aws:RequestTag/{key}": "owned", f"aws:RequestTag/{_CLUSTER_NAME}": _name(env)}
    return (wanted if request else {}) | ({f"aws:ResourceTag/{key}": "owned"} if resource else {})


def _node_lifecycle(env: Environment) -> list[Body]:
    launch = ["ec2:RunInstances", "ec2:CreateFleet"]
    mine = {"StringEquals": _owned(env, resource=True), "StringLike": {f"aws:ResourceTag/{_NODE_POOL}": "*"}}
    tagged = _owned(env, request=True)
    made = {"StringLike": {f"aws:RequestTag/{_NODE_POOL}": "*"}}
    creation = {"ec2:CreateAction": ["RunInstances", "CreateFleet", "CreateLaunchTemplate"]}
    public = [f"arn:aws:ec2:{env.aws.region}::{kind}/*" for kind in ("image", "snapshot")]
    shared = _ec2(env, "security-group", "subnet", "capacity-reservation", "placement-group")
    return [
        statement("LaunchInto", launch, public + shared),
        statement("LaunchFromTemplate", launch, _ec2(env, "launch-template"), mine),
        statement(
            "LaunchWithTags",
            [*launch, "ec2:CreateLaunchTemplate"],
            _ec2(env, *_CREATED),
            {"StringEquals": tagged, **made},
        ),
        statement(
            "TagWhatIsCreated",
            ["ec2:CreateTags"],
            _ec2(env, *_CREATED),
            {"StringEquals": {**tagged, **creation}, **made},
        ),
        statement(
            "TagInstances",
            ["ec2:CreateTags"],
            _ec2(env, "instance"),
            mine
            | {
                "StringEqualsIfExists": {f"aws:RequestTag/{_CLUSTER_NAME}": _name(env)},
                "ForAllValues:StringEquals": {
                    "aws:TagKeys": [_CLUSTER_NAME, "karpenter.sh/nodeclaim", "Name"]
                },
            },
        ),
        statement(
            "Delete",
            ["ec2:TerminateInstances", "ec2:DeleteLaunchTemplate"],
            _ec2(env, "instance", "launch-template"),
            mine,
        ),
    ]


def _iam_integration(env: Environment) -> list[Body]:
    account = env.aws.account
    profiles = [f"arn:aws:iam::{account}:instance-profile/*"]
    requested = _owned(env, request=True) | {f"aws:RequestTag/{_REGION}": env.aws.region}
    present = _owned(env, resource=True) | {f"aws:ResourceTag/{_REGION}": env.aws.region}
    of_class = {f"aws:{side}Tag/{_NODE_CLASS}": "*" for side in ("Resource", "Request")}
    made = {f"aws:RequestTag/{_NODE_CLASS}": "*"}
    mine = {f"aws:ResourceTag/{_NODE_CLASS}": "*"}
    return [
        statement(
            "PassNodeRole",
            ["iam:PassRole"],
            [f"arn:aws:iam::{account}:role/{env.karpenter.node_role}"],
            {"StringEquals": {"iam:PassedToService": ["ec2.amazonaws.com", "ec2.amazonaws.com.cn"]}},
        ),
        statement(
            "CreateProfile",
            ["iam:CreateInstanceProfile"],
            profiles,
            {"StringEquals": requested, "StringLike": made},
        ),
        statement(
            "TagProfile",
            ["iam:TagInstanceProfile"],
            profiles,
            {"StringEquals": present | requested, "StringLike": of_class},
        ),
        statement(
            "ChangeProfile",
            [
                "iam:AddRoleToInstanceProfile",
                "iam:RemoveRoleFromInstanceProfile",
                "iam:DeleteInstanceProfile",
            ],
            profiles,
            {"StringEquals": present, "StringLike": mine},
        ),
    ]


def _resource_discovery(env: Environment) -> list[Body]:
    described = (
        *("CapacityReservations", "Images", "Instances", "InstanceStatus", "InstanceTypeOfferings"),
        *("InstanceTypes", "LaunchTemplates", "PlacementGroups", "SecurityGroups", "SpotPriceHistory"),
        "Subnets",
    )
    return [
        statement(
            "ReadRegion",
            [f"ec2:Describe{kind}" for kind in described],
            ["*"],
            {"StringEquals": {"aws:RequestedRegion": env.aws.region}},
        ),
        statement(
            "ReadImageIds", ["ssm:GetParameter"], [f"arn:aws:ssm:{env.aws.region}::parameter/aws/service/*"]
        ),
        statement("ReadPrices", ["pricing:GetProducts"], ["*"]),
        statement("ListProfiles", ["iam:ListInstanceProfiles"], ["*"]),
        statement(
            "ReadProfiles", ["iam:GetInstanceProfile"], [f"arn:aws:iam::{env.aws.account}:instance-profile/*"]
        ),
    ]
