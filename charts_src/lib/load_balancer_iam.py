"""What the AWS Load Balancer Controller may do in AWS.

Source: aws-load-balancer-controller v3.5.0, docs/install/iam_policy.json, in two halves as one would fill a
managed policy. Without what is off by flag (wafv2, waf-regional, shield) or never used here (server
certificates of IAM, IPAM and customer-owned address pools, capacity reservations of load balancers).

The tag elbv2.k8s.aws/cluster says what the controller has made. Security groups of nodes don't have it, and
must be opened for the load balancer; listeners and rules can't be tagged before they are made.
"""

from charts_src.lib.iam import statement

_TAG = "elbv2.k8s.aws/cluster"
_REQUEST, _RESOURCE = f"aws:RequestTag/{_TAG}", f"aws:ResourceTag/{_TAG}"
_OURS = {"Null": {_RESOURCE: "false"}}
_MADE_AS_OURS = {"Null": {_REQUEST: "false"}}
_STILL_OURS = {"Null": {_REQUEST: "true", _RESOURCE: "false"}}

_ANY = ["*"]
_SECURITY_GROUPS = ["arn:aws:ec2:*:*:security-group/*"]
_BALANCER = "arn:aws:elasticloadbalancing:*:*"
_TARGET_GROUPS = [f"{_BALANCER}:targetgroup/*/*"]
_TAGGED = [*_TARGET_GROUPS, f"{_BALANCER}:loadbalancer/app/*/*"]
_LISTENERS = [f"{_BALANCER}:listener/app/*/*/*", f"{_BALANCER}:listener-rule/app/*/*/*"]

_LOOK = [
    "acm:DescribeCertificate",
    "acm:ListCertificates",
    "cognito-idp:DescribeUserPoolClient",
    "ec2:DescribeAccountAttributes",
    "ec2:DescribeAvailabilityZones",
    "ec2:DescribeInstances",
    "ec2:DescribeInternetGateways",
    "ec2:DescribeNetworkInterfaces",
    "ec2:DescribeRouteTables",
    "ec2:DescribeSecurityGroups",
    "ec2:DescribeSubnets",
    "ec2:DescribeTags",
    "ec2:DescribeVpcPeeringConnections",
    "ec2:DescribeVpcs",
    "ec2:GetSecurityGroupsForVpc",
    "elasticloadbalancing:DescribeCapacityReservation",
    "elasticloadbalancing:DescribeListenerAttributes",
    "elasticloadbalancing:DescribeListenerCertificates",
    "elasticloadbalancing:DescribeListeners",
    "elasticloadbalancing:DescribeLoadBalancerAttributes",
    "elasticloadbalancing:DescribeLoadBalancers",
    "elasticloadbalancing:DescribeRules",
    "elasticloadbalancing:DescribeSSLPolicies",
    "elasticloadbalancing:DescribeTags",
    "elasticloadbalancing:DescribeTargetGroupAttributes",
    "elasticloadbalancing:DescribeTargetGroups",
    "elasticloadbalancing:DescribeTargetHealth",
    "elasticloadbalancing:DescribeTrustStores",
]

_NETWORK = [
    statement("Look", _LOOK, _ANY),
    statement("MakeSecurityGroup", ["ec2:CreateSecurityGroup"], _ANY),
    statement(
        "TagNewSecurityGroup",
        ["ec2:CreateTags"],
        _SECURITY_GROUPS,
        {"StringEquals": {"ec2:CreateAction": "CreateSecurityGroup"}, **_MADE_AS_OURS},
    ),
    statement("TagSecurityGroup", ["ec2:CreateTags", "ec2:DeleteTags"], _SECURITY_GROUPS, _STILL_OURS),
    statement(
        "OpenSecurityGroup",
        ["ec2:AuthorizeSecurityGroupIngress", "ec2:RevokeSecurityGroupIngress"],
        _ANY,
    ),
    statement("DeleteSecurityGroup", ["ec2:DeleteSecurityGroup"], _ANY, _OURS),
]

_LOAD_BALANCERS = [
    statement(
        "ServiceLinkedRole",
        ["iam:CreateServiceLinkedRole"],
        _ANY,
        {"StringEquals": {"iam:AWSServiceName": "elasticloadbalancing.amazonaws.com"}},
    ),
    statement(
        "Make",
        ["elasticloadbalancing:CreateLoadBalancer", "elasticloadbalancing:CreateTargetGroup"],
        _ANY,
        _MADE_AS_OURS,
    ),
    statement(
        "TagNew",
        ["elasticloadbalancing:AddTags"],
        _TAGGED,
        {
            "StringEquals": {
                "elasticloadbalancing:CreateAction": ["CreateTargetGroup", "CreateLoadBalancer"]
            },
            **_MADE_AS_OURS,
        },
    ),
    statement(
        "Tag", ["elasticloadbalancing:AddTags", "elasticloadbalancing:RemoveTags"], _TAGGED, _STILL_OURS
    ),
    statement(
        "TagListeners", ["elasticloadbalancing:AddTags", "elasticloadbalancing:RemoveTags"], _LISTENERS
    ),
    statement(
        "Listeners",
        [
            "elasticloadbalancing:AddListenerCertificates",
            "elasticloadbalancing:CreateListener",
            "elasticloadbalancing:CreateRule",
            "elasticloadbalancing:DeleteListener",
            "elasticloadbalancing:DeleteRule",
            "elasticloadbalancing:ModifyListener",
            "elasticloadbalancing:ModifyRule",
            "elasticloadbalancing:RemoveListenerCertificates",
            "elasticloadbalancing:SetRulePriorities",
        ],
        _ANY,
    ),
    statement(
        "Change",
        [
            "elasticloadbalancing:DeleteLoadBalancer",
            "elasticloadbalancing:DeleteTargetGroup",
            "elasticloadbalancing:ModifyListenerAttributes",
            "elasticloadbalancing:ModifyLoadBalancerAttributes",
            "elasticloadbalancing:ModifyTargetGroup",
            "elasticloadbalancing:ModifyTargetGroupAttributes",
            "elasticloadbalancing:SetIpAddressType",
            "elasticloadbalancing:SetSecurityGroups",
            "elasticloadbalancing:SetSubnets",
        ],
        _ANY,
        _OURS,
    ),
    statement(
        "Targets",
        ["elasticloadbalancing:DeregisterTargets", "elasticloadbalancing:RegisterTargets"],
        _TARGET_GROUPS,
    ),
]

POLICIES = {"network": _NETWORK, "load-balancers": _LOAD_BALANCERS}
"""Name of a policy -> its statements; there are no network load balancers, so none can be tagged."""
